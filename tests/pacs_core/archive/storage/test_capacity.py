"""When the room for files will be gone, told before it is."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from hospitals.selectors.health import health_parts
from pacs_core.archive.models import StorageSample
from pacs_core.archive.storage.capacity import capacity, take_sample
from pacs_core.settings.environment import bucket
from tests.story import as_user, make_hospital, make_user

pytestmark = pytest.mark.django_db
GB = 10**9


def sampled(free_then: int, *, days: float) -> None:
    StorageSample.objects.create(
        sampled_at=timezone.now() - timedelta(days=days), total_bytes=1_000 * GB, free_bytes=free_then
    )


@pytest.fixture
def disk(monkeypatch: pytest.MonkeyPatch) -> None:
    usage = type("Usage", (), {"total": 1_000 * GB, "free": 100 * GB, "used": 900 * GB})()
    monkeypatch.setattr("pacs_core.archive.storage.capacity.shutil.disk_usage", lambda _: usage)


def test_days_left_follow_the_pace_of_the_last_days(disk: None) -> None:
    assert capacity(timezone.now()).days_left is None
    sampled(900 * GB, days=8)
    sampled(120 * GB, days=0.5)
    assert capacity(timezone.now()).days_left is None
    sampled(140 * GB, days=4)
    found = capacity(timezone.now())
    assert found.grows_bytes_a_day == pytest.approx(10 * GB, rel=0.01)
    assert found.days_left == 9


def test_room_that_grows_has_no_end(disk: None) -> None:
    sampled(50 * GB, days=4)
    assert capacity(timezone.now()).days_left is None


def test_a_cache_that_fills_up_is_no_end_of_room(disk: None, settings: Any) -> None:
    sampled(300 * GB, days=4)
    assert capacity(timezone.now()).days_left == 1
    settings.STORAGES = settings.STORAGES | bucket("s3://meridian")[0]
    assert capacity(timezone.now()).days_left is None


def test_a_sample_is_taken_once_and_old_ones_go(disk: None) -> None:
    now = timezone.now()
    sampled(1, days=401)
    take_sample(now)
    take_sample(now)
    assert list(StorageSample.objects.values_list("free_bytes", flat=True)) == [100 * GB]


@pytest.mark.parametrize(("free_then", "tone"), [(140 * GB, "soon"), (300 * GB, "overdue"), (104 * GB, "fine")])
def test_the_systems_administrator_reads_of_it_and_nobody_else(disk: None, free_then: int, tone: str) -> None:
    north = make_hospital()
    sampled(free_then, days=4)
    people = {role: make_user(role, north) for role in ("system_administrator", "hospital_administrator")}
    told = {}
    for role, user in people.items():
        with as_user(user):
            told[role] = [part for part in health_parts(timezone.now()) if " GB " in part.sentence]
    assert [part.tone for part in told["system_administrator"]] == [tone]
    assert told["hospital_administrator"] == []
