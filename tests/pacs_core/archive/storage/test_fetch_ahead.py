"""What will be read soon is in the cache before it is read: a study's relevant priors, and the study itself."""

from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from django.utils import timezone

from hospitals.models import Hospital
from pacs_core.archive.files import stored_path
from pacs_core.archive.models import Instance, Study
from pacs_core.archive.relevance import most_relevant, prior_to_hang
from pacs_core.archive.services.fetch_ahead import fetch_study
from pacs_core.archive.services.links import link_patients
from pacs_core.archive.tasks import fetch_study_ahead
from tests.pacs_core.archive.instances import index_all, receive
from tests.s3_server import KEYS, running_s3_server
from tests.story import in_hospital, make_hospital, make_order, make_study, see_all
from worklist import handlers


def study(number: int, body_part: str, modality: str, *, years_ago: int) -> Study:
    at = timezone.now() - timedelta(days=365 * years_ago)
    return Study(pk=number, body_part=body_part, modalities=[modality, "SR"], study_at=at)


def test_the_same_part_by_the_same_modality_comes_first_and_what_shares_nothing_is_left_out() -> None:
    coming = study(9, "CHEST", "CT", years_ago=0)
    old, other_modality, other_part, nothing = (
        study(1, "CHEST", "CT", years_ago=9),
        study(2, "CHEST", "CR", years_ago=5),
        study(3, "HEAD", "CT", years_ago=1),
        study(4, "HEAD", "MR", years_ago=2),
    )
    every = [nothing, other_part, other_modality, old]
    assert [one.pk for one in most_relevant(coming, every, most=9)] == [1, 2, 3]
    assert [one.pk for one in most_relevant(coming, every, most=1)] == [1]
    assert [one.pk for one in most_relevant(coming, [nothing], most=3)] == [4]
    undated = Study(pk=5, body_part="CHEST", modalities=["CT"])
    assert [one.pk for one in most_relevant(coming, [undated, old], most=3)] == [1, 5]


def test_a_prior_hangs_beside_the_study_only_with_images_that_are_at_hand() -> None:
    coming, far, near, other = (
        study(9, "CHEST", "CT", years_ago=0),
        study(1, "CHEST", "CT", years_ago=1),
        study(2, "CHEST", "CT", years_ago=5),
        study(3, "HEAD", "MR", years_ago=2),
    )
    near.number_of_instances = other.number_of_instances = far.number_of_instances = 3
    assert prior_to_hang(coming, [far, near, other]) is far
    far.archived_at = timezone.now()
    assert prior_to_hang(coming, [far, near, other]) is near
    near.images_deleted_at = timezone.now()
    assert prior_to_hang(coming, [far, near, other]) is other
    other.modalities = ["SR"]
    assert prior_to_hang(coming, [far, near, other]) is None


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch, settings: Any) -> list[tuple[int, int]]:
    """What is asked to be fetched, with a bucket configured."""
    calls: list[tuple[int, int]] = []
    monkeypatch.setattr(fetch_study_ahead, "delay_on_commit", lambda *ids: calls.append(ids))
    settings.STORAGES = settings.STORAGES | {"bucket": {}}
    return calls


@pytest.fixture
def north(db: None) -> Hospital:
    return make_hospital()


def test_order_and_first_image_each_fetch_the_priors(north: Hospital, asked: list[tuple[int, int]]) -> None:
    prior = make_study(north, modalities=["CT"])
    make_study(north, modalities=["CT"])  # somebody else's
    coming = make_study(north, prior.patient, modalities=["CT"])
    order = make_order(north, prior.patient, modality="CT")
    with in_hospital(north):
        handlers.fetch_ahead_of_order(SimpleNamespace(payload={"order_id": order.pk}))
        assert asked == [(north.pk, coming.pk), (north.pk, prior.pk)]
        asked.clear()
        handlers.fetch_ahead_of_study(SimpleNamespace(payload={"study_id": coming.pk}))
        assert asked == [(north.pk, prior.pk), (north.pk, coming.pk)]


def test_priors_of_a_linked_record_elsewhere_are_fetched_too(north: Hospital, asked: list[tuple[int, int]]) -> None:
    south = make_hospital("SOUTH")
    coming, elsewhere = make_study(north), make_study(south)
    with see_all():
        link_patients(patient_id=coming.patient_id, other_patient_id=elsewhere.patient_id)
    with in_hospital(north):
        handlers.fetch_ahead_of_study(SimpleNamespace(payload={"study_id": coming.pk}))
    assert asked == [(south.pk, elsewhere.pk), (north.pk, coming.pk)]


def test_without_a_bucket_nothing_is_asked(north: Hospital, asked: list[tuple[int, int]], settings: Any) -> None:
    settings.STORAGES = {name: entry for name, entry in settings.STORAGES.items() if name != "bucket"}
    coming = make_study(north)
    with in_hospital(north):
        handlers.fetch_ahead_of_study(SimpleNamespace(payload={"study_id": coming.pk}))
    assert asked == []


@pytest.mark.xdist_group("s3")
def test_a_study_comes_from_the_bucket(north: Hospital, settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in KEYS.items():
        monkeypatch.setenv(name, value)
    with running_s3_server() as s3:
        settings.STORAGES = s3.storages()
        for number in (1, 2):
            receive(north, number=number)
        index_all(north)
        with in_hospital(north):
            paths = [stored_path(path) for path in Instance.objects.values_list("file_path", flat=True)]
            found = Study.objects.get()
        paths[0].unlink()
        assert fetch_study(hospital_id=north.pk, study_id=found.pk) == 2
        assert all(path.is_file() for path in paths)
        assert fetch_study(hospital_id=make_hospital("SOUTH").pk, study_id=found.pk) == 0
