"""Trials through the API: begun with a changed rota of readers in view, cancelled once."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from hospitals.models import Hospital, User
from routing_rules.models import Trial
from tests.routing_rules.trials.arrange import make_trial
from tests.story import make_hospital, make_radiologist

pytestmark = pytest.mark.django_db
ADDRESS = "/api/trials/"


def replay_with(reader: User) -> dict[str, Any]:
    begins = timezone.now() - timedelta(days=1)
    ends = begins + timedelta(hours=8)
    change = {"adds": True, "radiologist_id": reader.pk, "starts_at": begins.isoformat(), "ends_at": ends.isoformat()}
    return {"kind": "replay", "days": 2, "rota_changes": [change]}


def test_a_replay_with_one_more_shift_is_written_down(api: APIClient, olga: User, north: Hospital) -> None:
    ada = make_radiologist(north)
    answer = api.post(ADDRESS, replay_with(ada), format="json")
    assert answer.status_code == 201
    trial = Trial.objects.get(pk=answer.json()["id"])
    assert (trial.kind, trial.created_by, trial.hospital_ids) == ("replay", olga, [north.pk])
    assert [change["radiologist_id"] for change in trial.parameters["rota_changes"]] == [ada.pk]


def test_another_hospitals_reader_is_as_unknown_as_a_made_up_one(api: APIClient) -> None:
    stranger = make_radiologist(make_hospital("SOUTH"))
    made_up = User(pk=stranger.pk + 1000)
    words = []
    for reader in (stranger, made_up):
        answer = api.post(ADDRESS, replay_with(reader), format="json")
        assert answer.status_code == 400
        words.append(str(answer.json()["errors"]).replace(str(reader.pk), "N"))
    assert words[0] == words[1]
    assert "radiologist_id" in words[0]
    assert not Trial.objects.exists()


def test_what_has_ended_cannot_be_cancelled(api: APIClient, olga: User, north: Hospital) -> None:
    under_way = make_trial(olga, north, status="running", result=None)
    assert api.post(f"{ADDRESS}{under_way.pk}/cancel/").json()["status"] == "cancelled"
    assert api.post(f"{ADDRESS}{under_way.pk}/cancel/").status_code == 409
