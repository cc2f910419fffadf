"""Administrators see senders and what became of their messages, in their own hospitals."""

from pathlib import Path
from typing import Any

import pytest
from rest_framework.test import APIClient

from hospitals.models import Hospital, User
from pacs_core.audit.models import AuditEntry
from pacs_core.network.hl7.receiving import answer_message
from pacs_core.network.hl7.sources import add_hl7_source
from tests.story import make_hospital, make_user, see_all

pytestmark = pytest.mark.django_db
BROKEN = b"MSH|^~\\&|RIS|%s|||20261124120000||ORM^O01|M1|P|2.3.1\rORC|NW\r"


@pytest.fixture(autouse=True)
def _no_built_assets(settings: Any, tmp_path: Path) -> None:
    settings.STATIC_ROOT = tmp_path


@pytest.fixture
def hospitals() -> list[Hospital]:
    made = [make_hospital("NORTH"), make_hospital("SOUTH")]
    for hospital in made:
        add_hl7_source(hospital_code=hospital.code, application="RIS", facility=hospital.code)
        answer_message(BROKEN % hospital.code.encode())
    return made


def machine(user: User) -> APIClient:
    client = APIClient()
    client.force_login(user)
    return client


def test_refused_messages_of_own_hospitals_are_shown_with_their_reason(hospitals: list[Hospital]) -> None:
    client = machine(make_user("hospital_administrator", hospitals[0]))
    rows = client.get("/api/received-messages/", {"code": "AE"}).json()["results"]
    assert [(row["hospital"], row["message_control_id"]) for row in rows] == [("NORTH", "M1")]
    assert rows[0]["reason"] == "PID: the segment is missing."
    assert "body" not in rows[0]
    assert client.get("/api/received-messages/", {"code": "AA"}).json()["results"] == []
    with see_all():
        foreign = hospitals[1].hl7_sources.get()
    assert client.get(f"/api/hl7-sources/{foreign.pk}/").status_code == 404


def test_source_is_added_for_own_hospitals_only_and_once(hospitals: list[Hospital]) -> None:
    administrator = make_user("hospital_administrator", hospitals[0])
    client = machine(administrator)
    body = {"hospital": "NORTH", "sending_application": "RIS2", "sending_facility": "NORTH"}
    assert [client.post("/api/hl7-sources/", body, format="json").status_code for _ in range(2)] == [201, 200]
    with see_all():
        assert AuditEntry.objects.filter(action="hl7_source.added").latest("pk").actor == administrator
    assert client.post("/api/hl7-sources/", body | {"hospital": "SOUTH"}, format="json").status_code == 404
    taken = body | {"sending_application": "RIS", "sending_facility": "SOUTH"}
    assert client.post("/api/hl7-sources/", taken, format="json").status_code == 400


@pytest.mark.parametrize("role", ["radiologist", "coordinator", "referring_physician"])
def test_other_roles_are_refused(hospitals: list[Hospital], role: str) -> None:
    client = machine(make_user(role, hospitals[0]))
    assert client.get("/api/received-messages/").status_code == 403
    assert client.get("/api/hl7-sources/").status_code == 403
