"""UPS-RS: workitems are made, found, claimed by one, finished and cancelled."""

import json
from typing import Any

import pytest
from django.test import Client
from knox.models import AuthToken

from hospitals.models import User
from pacs_core.audit.models import AuditEntry
from pacs_core.events.models import Event
from pacs_core.network.workitems.models import Workitem, WorkitemSubscription
from pacs_core.standards.dicom.xml_model import json_of_xml, xml_of
from tests.pacs_core.network.dicomweb.conftest import Story, fetch
from tests.pacs_core.network.workitems.arrange import LOCK, NEW_WORKITEM, UID
from tests.story import make_user, see_all

JSON = "application/dicom+json"
OTHER_LOCK = "2.25.201"
EVERYTHING = "1.2.840.10008.5.1.4.34.5"
SAME_ORIGIN = {"Sec-Fetch-Site": "same-origin"}


def workitem(**changes: Any) -> dict[str, Any]:
    return NEW_WORKITEM | changes


def state(to: str, lock: str = LOCK) -> dict[str, Any]:
    return {"00741000": {"vr": "CS", "Value": [to]}, "00081195": {"vr": "UI", "Value": [lock]}}


PERFORMED = {
    "00741216": {
        "vr": "SQ",
        "Value": [
            {
                "00404019": {"vr": "SQ", "Value": [{"00080100": {"vr": "SH", "Value": ["BLEED"]}}]},
                "00404050": {"vr": "DT", "Value": ["20261126120100"]},
                "00404051": {"vr": "DT", "Value": ["20261126120200"]},
            }
        ],
    }
}


def send(user: User | None, method: str, path: str, body: Any = None, **headers: str) -> Any:
    content = b"" if body is None else body if isinstance(body, bytes) else json.dumps([body]).encode()
    kind = headers.pop("content_type", JSON)
    client = Client()
    if user is not None:
        client.force_login(user)
    return client.generic(method, f"/dicom-web/{path}", content, content_type=kind, headers=SAME_ORIGIN | headers)


def create(story: Story, uid: str = UID, **changes: Any) -> Any:
    return send(story.administrator, "POST", f"workitems?{uid}", workitem(**changes))


def claim(story: Story, lock: str = LOCK) -> Any:
    return send(story.administrator, "PUT", f"workitems/{UID}/state", state("IN PROGRESS", lock))


def now_in(uid: str = UID) -> str:
    with see_all():
        return Workitem.objects.get(workitem_uid=uid).state


def reports() -> list[tuple[int, str]]:
    with see_all():
        events = Event.objects.filter(name="WorkitemChanged").order_by("pk")
        return [(event.payload["event_type"], event.payload["state"]) for event in events]


def test_service_makes_finds_claims_changes_and_completes(story: Story) -> None:
    made = create(story)
    assert (made.status_code, made["Content-Location"]) == (201, f"/dicom-web/workitems/{UID}")
    (found,) = fetch(story.administrator, "workitems?ProcedureStepState=SCHEDULED")[0].json()
    assert found["00080018"]["Value"] == [UID]
    assert claim(story).status_code == 200
    assert now_in() == "IN PROGRESS"
    early = send(story.administrator, "PUT", f"workitems/{UID}/state", state("COMPLETED"))
    assert early.status_code == 409
    assert "PerformedWorkitemCodeSequence" in early.json()["detail"]
    changed = send(story.administrator, "POST", f"workitems/{UID}?transaction-uid={LOCK}", PERFORMED)
    assert changed.status_code == 200
    assert send(story.administrator, "PUT", f"workitems/{UID}/state", state("COMPLETED")).status_code == 200
    again = send(story.administrator, "PUT", f"workitems/{UID}/state", state("COMPLETED"))
    assert (again.status_code, "already in the requested state" in again["Warning"]) == (200, True)
    (read,) = fetch(story.radiologist, f"workitems/{UID}")[0].json()
    assert (read["00741000"]["Value"], read["00741216"]) == (["COMPLETED"], PERFORMED["00741216"])
    assert "00081195" not in read
    assert reports() == [(1, "SCHEDULED"), (1, "IN PROGRESS"), (3, "IN PROGRESS"), (1, "COMPLETED")]
    with see_all():
        actions = AuditEntry.objects.filter(object_type="workitem").order_by("pk").values_list("action", flat=True)
        assert list(actions) == [f"workitem.{verb}" for verb in ("created", "claimed", "changed", "finished")]


def test_one_claims_and_nobody_else_changes_or_finishes(story: Story) -> None:
    create(story)
    assert claim(story).status_code == 200
    assert claim(story, OTHER_LOCK).status_code == 409
    assert claim(story).status_code == 409
    for lock in ("", f"?transaction-uid={OTHER_LOCK}"):
        assert send(story.administrator, "POST", f"workitems/{UID}{lock}", PERFORMED).status_code == 409
    assert send(story.administrator, "PUT", f"workitems/{UID}/state", state("CANCELED", OTHER_LOCK)).status_code == 409
    assert now_in() == "IN PROGRESS"
    assert send(story.administrator, "PUT", f"workitems/{UID}/state", state("CANCELED")).status_code == 200
    assert send(story.administrator, "POST", f"workitems/{UID}?{LOCK}", PERFORMED).status_code == 409


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (state("COMPLETED"), 409),
        (state("SCHEDULED"), 400),
        (state("DONE"), 400),
        (state("IN PROGRESS", "no uid"), 400),
        ({"00741000": {"vr": "CS", "Value": ["IN PROGRESS"]}}, 400),
        (b"{", 400),
        (b"[]", 400),
    ],
)
def test_state_that_cannot_be_is_refused(story: Story, body: Any, status: int) -> None:
    create(story)
    assert send(story.administrator, "PUT", f"workitems/{UID}/state", body).status_code == status
    assert now_in() == "SCHEDULED"


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"00741000": {"vr": "CS", "Value": ["IN PROGRESS"]}}, "ProcedureStepState"),
        ({"00741200": {"vr": "CS", "Value": ["URGENT"]}}, "ScheduledProcedureStepPriority"),
        ({"00741204": {"vr": "LO"}}, "ProcedureStepLabel"),
        ({"00404005": {"vr": "DT", "Value": ["soon"]}}, "ScheduledProcedureStepStartDateTime"),
        ({"00404041": {"vr": "CS", "Value": ["MAYBE"]}}, "InputReadinessState"),
        ({"00081195": {"vr": "UI", "Value": [LOCK]}}, "TransactionUID"),
        ({"00104000": {"vr": "LT", "BulkDataURI": "x"}}, "PatientComments"),
    ],
)
def test_workitem_that_is_none_is_refused_by_name(story: Story, changes: dict[str, Any], named: str) -> None:
    response = create(story, **changes)
    assert response.status_code == 400
    assert named in response.json()["detail"]


def test_text_that_the_database_cannot_keep_is_refused(story: Story) -> None:
    for text in (
        b'[{"00741204": {"vr": "LO", "Value": ["a\\u0000"]}}]',
        b'[{"00741204": {"vr": "LO", "Value": ["\\ud800"]}}]',
    ):
        assert send(story.administrator, "POST", "workitems", text).status_code == 400
    assert send(story.administrator, "POST", "workitems", b"[]", content_type="text/plain").status_code == 415


def test_same_uid_twice_conflicts_and_a_new_one_is_made_when_none_is_given(story: Story) -> None:
    assert create(story).status_code == 201
    assert create(story).status_code == 409
    made = send(story.administrator, "POST", "workitems", workitem())
    assert made["Location"].startswith("/dicom-web/workitems/2.25.")


def test_xml_serves_too(story: Story) -> None:
    made = send(
        story.administrator, "POST", f"workitems?{UID}", xml_of(workitem()), content_type="application/dicom+xml"
    )
    assert made.status_code == 201
    response, body = fetch(story.administrator, f"workitems/{UID}", Accept="application/dicom+xml")
    assert json_of_xml(body)["00741204"]["Value"] == ["Look for bleeding"]
    assert response["Content-Type"] == "application/dicom+xml"


@pytest.mark.parametrize(
    ("query", "is_found"),
    [
        ("ScheduledWorkitemCodeSequence.CodeValue=BLEED", True),
        ("00404018.00080100=BLEED", True),
        ("ScheduledWorkitemCodeSequence.CodeValue=NODULE", False),
        ("ScheduledProcedureStepStartDateTime=20261126", True),
        ("ScheduledProcedureStepStartDateTime=20261126110000-20261126130000", True),
        ("ScheduledProcedureStepStartDateTime=20261126060000-0500-20261126080000-0500", True),
        ("ScheduledProcedureStepStartDateTime=-20261125", False),
        ("PatientName=doe*", True),
        ("PatientName=roe*", False),
        ("ProcedureStepLabel=Look*", True),
        ("ScheduledProcedureStepPriority=LOW", False),
        ("PatientID=P1&ProcedureStepState=SCHEDULED", True),
    ],
)
def test_search(story: Story, query: str, is_found: bool) -> None:
    create(story)
    assert fetch(story.administrator, f"workitems?{query}")[0].status_code == (200 if is_found else 204)


def test_search_pages_and_says_what_it_ignores(story: Story) -> None:
    for number in range(3):
        create(story, f"2.25.30{number}")
    page = fetch(story.administrator, "workitems?limit=2&InstitutionName=x")[0]
    assert len(page.json()) == 2
    assert "additional results" in page["Warning"]
    assert "InstitutionName" in page["Warning"]
    assert len(fetch(story.administrator, "workitems?limit=2&offset=2")[0].json()) == 1
    for query in ("Nonsense=1", "limit=-1", "ScheduledProcedureStepStartDateTime=soon", "PatientID=%00"):
        assert fetch(story.administrator, f"workitems?{query}")[0].status_code == 400


def test_cancellation_of_what_waits_is_at_once_and_of_what_is_claimed_a_request(story: Story) -> None:
    reason = {"00741238": {"vr": "LT", "Value": ["Wrong side"]}}
    create(story)
    claim(story)
    assert send(story.administrator, "POST", f"workitems/{UID}/cancelrequest", reason).status_code == 202
    assert now_in() == "IN PROGRESS"
    assert reports()[-1] == (2, "IN PROGRESS")
    create(story, "2.25.101")
    assert send(story.administrator, "POST", "workitems/2.25.101/cancelrequest").status_code == 202
    assert now_in("2.25.101") == "CANCELED"
    assert send(story.administrator, "POST", "workitems/2.25.101/cancelrequest").status_code == 409


def test_subscriptions_come_and_go(story: Story) -> None:
    create(story)
    path = f"workitems/{UID}/subscribers/AI_ONE"
    made = send(story.administrator, "POST", f"{path}?deletionlock=true")
    assert made.status_code == 201
    assert made["Content-Location"] == "ws://testserver/dicom-web/subscribers/AI_ONE"
    assert send(story.administrator, "POST", path).status_code == 201
    with see_all():
        assert WorkitemSubscription.objects.count() == 1
    assert send(story.administrator, "DELETE", path).status_code == 200
    assert send(story.administrator, "DELETE", path).status_code == 404
    everything = f"workitems/{EVERYTHING}/subscribers/AI_ONE"
    assert send(story.administrator, "POST", everything).status_code == 201
    assert send(story.administrator, "POST", f"{everything}/suspend").status_code == 200
    with see_all():
        assert WorkitemSubscription.objects.get().workitem.workitem_uid == UID
    assert send(story.administrator, "POST", f"{everything}/suspend").status_code == 404
    filtered = f"workitems/{EVERYTHING}.1/subscribers/AI_ONE"
    assert send(story.administrator, "POST", filtered).status_code == 400
    assert (
        send(story.administrator, "POST", f"{filtered}?filter=ScheduledProcedureStepPriority=HIGH").status_code == 201
    )
    assert send(story.administrator, "POST", f"workitems/{UID}/subscribers/a%5Cb").status_code == 400
    assert send(story.administrator, "POST", f"{path}?deletionlock=maybe").status_code == 400


def test_other_hospital_and_other_roles_get_nowhere(story: Story) -> None:
    create(story)
    stranger = make_user("hospital_administrator", story.south)
    tries = (
        ("GET", f"workitems/{UID}", None),
        ("POST", f"workitems/{UID}", PERFORMED),
        ("PUT", f"workitems/{UID}/state", state("IN PROGRESS")),
        ("POST", f"workitems/{UID}/cancelrequest", None),
        ("POST", f"workitems/{UID}/subscribers/AI", None),
        ("DELETE", f"workitems/{UID}/subscribers/AI", None),
    )
    for method, path, body in tries:
        assert send(stranger, method, path, body).status_code == 404, path
        assert send(None, method, path, body).status_code == 401, path
        assert send(story.referrer, method, path, body).status_code == 403, path
    for method, path, body in (*tries[1:4], ("POST", "workitems", workitem())):
        assert send(story.radiologist, method, path, body).status_code == 403, path
    assert fetch(stranger, "workitems")[0].status_code == 204
    assert now_in() == "SCHEDULED"
    with see_all():
        assert WorkitemSubscription.objects.count() == 0


def test_forged_request_is_refused_and_a_token_is_not(story: Story) -> None:
    forged = send(story.administrator, "POST", "workitems", workitem(), **{"Sec-Fetch-Site": "cross-site"})
    assert forged.status_code == 403
    _, token = AuthToken.objects.create(story.administrator)
    headers = {"Authorization": f"Token {token}", "Sec-Fetch-Site": "cross-site"}
    assert send(None, "POST", "workitems", workitem(), **headers).status_code == 201


def test_principal_of_several_hospitals_names_one(story: Story) -> None:
    everywhere = make_user("system_administrator")
    assert send(everywhere, "POST", "workitems", workitem()).status_code == 400
    assert send(everywhere, "POST", f"workitems?{UID}&hospital=SOUTH", workitem()).status_code == 201
    with see_all():
        assert Workitem.objects.get().hospital_id == story.south.pk
