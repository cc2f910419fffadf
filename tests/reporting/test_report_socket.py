"""The editor's WebSocket: who may open it, what a save is answered, which notices arrive."""

import json
import uuid

import pytest
from channels.db import database_sync_to_async
from channels.layers import get_channel_layer
from channels.routing import URLRouter
from django.urls import path
from django.utils import timezone

from hospitals.models import User
from pacs_core.archive.models import Study
from pacs_core.events.live import user_group
from pacs_core.events.services import deliver_due_events
from reporting.consumers import ReportConsumer
from reporting.models import DraftVersion
from tests.reporting.arrange import TEXT, UNPRINTABLE_NAME, make_case
from tests.reporting.socket_client import open_socket
from tests.story import in_hospital, make_hospital, make_radiologist, make_user
from worklist.live.access import session_digest
from worklist.models import WorklistItem
from worklist.services.ai_findings import record_ai_finding

APPLICATION = URLRouter([path("ws/reports/<int:report_id>/", ReportConsumer.as_asgi())])


@pytest.fixture
def case(committed_db):
    return make_case()


def opened(case, user, report_id=None):
    return open_socket(APPLICATION, f"/ws/reports/{report_id or case.report.pk}/", user)


async def close_code(case, user, report_id=None):
    async with opened(case, user, report_id) as communicator:
        return await communicator.receive_close_code()


def save(base_version, request_id=None, **sections):
    return json.dumps(
        {
            "type": "save",
            "request_id": request_id or str(uuid.uuid4()),
            "base_version": base_version,
            "sections": TEXT | sections,
        }
    )


async def answer_to(communicator, frame):
    await communicator.send_text(frame)
    return await communicator.receive_json()


@database_sync_to_async
def count_drafts(case):
    with in_hospital(case.hospital):
        return DraftVersion.objects.count()


async def test_nobody_is_told_to_sign_in(case):
    assert await close_code(case, None) == 4401


async def test_another_hospitals_report_does_not_exist(case):
    stranger = await database_sync_to_async(lambda: make_radiologist(make_hospital("SOUTH")))()
    assert await close_code(case, stranger) == 4404


async def test_an_unknown_report_does_not_exist(case):
    assert await close_code(case, case.radiologist, report_id=999_999) == 4404


@pytest.mark.parametrize(("role", "code"), [("coordinator", 4403), ("referring_physician", 4404)])
async def test_other_roles_get_no_socket(case, role, code):
    user = await database_sync_to_async(make_user)(role, case.hospital)
    assert await close_code(case, user) == code


async def test_a_save_is_answered_after_its_commit(case):
    request_id = str(uuid.uuid4())
    async with opened(case, case.radiologist) as communicator:
        answer = await answer_to(communicator, save(1, request_id, impression=""))
        assert (answer["type"], answer["request_id"], answer["version"]) == ("saved", request_id, 2)
        assert [check["code"] for check in answer["checks"]] == ["mandatory_section"]
        assert set(answer["checks"][0]) >= {"section", "severity", "message", "from", "to", "fix"}
        assert await count_drafts(case) == 2
        assert await answer_to(communicator, save(1, request_id, impression="")) == answer
        assert await count_drafts(case) == 2


async def test_two_tabs_get_a_conflict_with_the_other_text(case):
    async with opened(case, case.radiologist) as first, opened(case, case.radiologist) as second:
        assert (await answer_to(first, save(1, findings="First tab.")))["type"] == "saved"
        conflict = await answer_to(second, save(1, findings="Second tab."))
        assert (conflict["type"], conflict["version"]) == ("conflict", 2)
        assert conflict["sections"]["findings"] == "First tab."
        assert conflict["saved_by"] == case.radiologist.name
        assert (await answer_to(second, save(2, findings="Both.")))["version"] == 3


async def test_a_lost_claim_refuses_the_save(case):
    other = await database_sync_to_async(make_radiologist)(case.hospital)
    async with opened(case, other) as communicator:
        answer = await answer_to(communicator, save(1))
        assert answer["type"] == "refused"
        assert answer["reason"]
    assert await count_drafts(case) == 1


@pytest.mark.parametrize(
    "frame",
    [
        "",
        "nonsense",
        "[]",
        "{}",
        json.dumps({"type": "sign"}),
        json.dumps({"type": "save", "request_id": "x", "base_version": 1, "sections": TEXT}),
        json.dumps({"type": "save", "request_id": str(uuid.uuid4()), "base_version": "1", "sections": TEXT}),
        json.dumps({"type": "save", "request_id": str(uuid.uuid4()), "base_version": 1, "sections": {"findings": "x"}}),
        "[" * 100_000,
        "x" * 500_000,
    ],
    ids=range(10),
)
async def test_malformed_frames_are_refused_and_the_socket_lives_on(case, frame):
    async with opened(case, case.radiologist) as communicator:
        assert (await answer_to(communicator, frame))["type"] == "refused"
        assert (await answer_to(communicator, save(1)))["type"] == "saved"


async def test_an_account_that_was_closed_loses_its_socket(case):
    async with opened(case, case.radiologist) as communicator:
        await database_sync_to_async(User.objects.filter(pk=case.radiologist.pk).update)(is_active=False)
        await communicator.send_text(save(1))
        assert await communicator.receive_close_code() == 4401
    assert await count_drafts(case) == 1


async def test_signing_out_closes_the_socket_at_once(case):
    async with opened(case, case.radiologist) as communicator:
        key = communicator.scope["session"].session_key
        message = {"type": "live.signed_out", "session": session_digest(key)}
        await get_channel_layer().group_send(user_group(case.radiologist.pk), message)
        assert await communicator.receive_close_code() == 4401


async def test_a_session_that_ended_saves_nothing(case):
    async with opened(case, case.radiologist) as communicator:
        await database_sync_to_async(communicator.scope["session"].flush)()
        await communicator.send_text(save(1))
        assert await communicator.receive_close_code() == 4401
    assert await count_drafts(case) == 1


async def hint(case, event, number=1, **ids):
    message = {"type": "live.hint", "event": event, "number": number, "hospital_id": case.hospital.pk, "ids": ids}
    await get_channel_layer().group_send(f"hospital.{case.hospital.pk}", message)


async def ids_of(case):
    @database_sync_to_async
    def read():
        with in_hospital(case.hospital):
            item = WorklistItem.objects.get()
            return {"study": item.study_id, "item": item.pk, "order": item.order_id}

    return await read()


async def test_new_images_of_this_study_are_told_and_of_another_are_not(case):
    ids = await ids_of(case)
    async with opened(case, case.radiologist) as communicator:
        await answer_to(communicator, save(1))
        await hint(case, "StudyGrew", number=1, study_id=ids["study"] + 1)
        await hint(case, "LateImagesArrived", number=2, study_id=ids["study"], worklist_item_id=ids["item"])
        notice = await communicator.receive_json()
        assert (notice["type"], notice["event"]) == ("notice", "LateImagesArrived")
        assert notice["message"]
        assert await communicator.receive_nothing()


async def test_stored_measurements_of_this_study_are_told(case):
    ids = await ids_of(case)
    async with opened(case, case.radiologist) as communicator:
        await hint(case, "StudyAnnotated", number=1, study_id=ids["study"] + 1)
        await hint(case, "StudyAnnotated", number=2, study_id=ids["study"])
        assert (await communicator.receive_json())["event"] == "StudyAnnotated"
        assert await communicator.receive_nothing()


async def test_a_changed_order_is_told(case):
    ids = await ids_of(case)
    async with opened(case, case.radiologist) as communicator:
        await answer_to(communicator, save(1))
        await hint(case, "OrderChanged", order_id=ids["order"])
        assert (await communicator.receive_json())["event"] == "OrderChanged"


async def test_an_ai_finding_that_comes_while_reading_is_told(case):
    ids = await ids_of(case)

    @database_sync_to_async
    def find():
        with in_hospital(case.hospital):
            study = Study.objects.get(pk=ids["study"])
            return record_ai_finding(
                study=study,
                service="BleedNet",
                code="bleed",
                label="Intracranial haemorrhage",
                confidence=0.93,
                found_at=timezone.now(),
            )[0].pk

    async with opened(case, case.radiologist) as communicator:
        await answer_to(communicator, save(1))
        finding = await find()
        await hint(
            case, "WorklistItemChanged", worklist_item_id=ids["item"], action="ai_finding", ai_finding_id=finding
        )
        notice = await communicator.receive_json()
        assert notice["event"] == "AiFinding"
        assert notice["message"] == "AI: Intracranial haemorrhage (0.93, BleedNet), not a diagnosis."


async def test_a_taken_claim_is_told_and_ends_writing(case):
    ids = await ids_of(case)
    other = await database_sync_to_async(make_radiologist)(case.hospital)

    @database_sync_to_async
    def take():
        with in_hospital(case.hospital):
            WorklistItem.objects.update(claimed_by=other)

    async with opened(case, case.radiologist) as communicator:
        await answer_to(communicator, save(1))
        await hint(case, "WorklistItemClaimed", number=1, worklist_item_id=ids["item"])
        assert await communicator.receive_nothing(), "one's own claim is no news"
        await take()
        await hint(case, "WorklistItemClaimed", number=2, worklist_item_id=ids["item"])
        notice = await communicator.receive_json()
        assert (notice["read_only"], notice["holder"]) == (True, other.name)
        assert other.name in notice["message"]


async def test_an_onlooker_hears_who_reads_and_when_it_is_free(case):
    ids = await ids_of(case)
    onlooker, other = [await database_sync_to_async(make_radiologist)(case.hospital) for _ in range(2)]

    @database_sync_to_async
    def change(**fields):
        with in_hospital(case.hospital):
            WorklistItem.objects.update(**fields)

    async def told(event, number):
        await hint(case, event, number=number, worklist_item_id=ids["item"])
        return await communicator.receive_json()

    async with opened(case, onlooker) as communicator:
        await change(status="unassigned", claimed_by=None, claimed_at=None, assigned_to=None)
        free = await told("WorklistItemReleased", 1)
        assert (free["may_claim"], free["holder"]) == (True, "")
        assert "no longer saved" not in free["message"]
        await change(status="assigned", assigned_to=other)
        waiting = await told("WorklistItemAssigned", 2)
        assert waiting["may_claim"] is False
        assert other.name in waiting["message"]
        await change(status="reading", claimed_by=other)
        assert (await told("WorklistItemClaimed", 3))["holder"] == other.name


async def test_an_onlooker_gets_the_signed_pdf(case):
    version = await database_sync_to_async(case.signed)()
    onlooker = await database_sync_to_async(make_radiologist)(case.hospital)
    async with opened(case, onlooker) as communicator:
        await database_sync_to_async(deliver_due_events)()
        signed = await communicator.receive_json(timeout=20)
    assert (signed["event"], signed["pdf_url"]) == (
        "ReportSigned",
        f"/reports/{case.report.pk}/versions/{version.number}/pdf/",
    )


async def test_the_signed_report_is_told_once_with_its_pdf(case):
    version = await database_sync_to_async(case.signed)()
    async with opened(case, case.radiologist) as communicator:
        # ReportSigned goes to the hospital's group and to the signer's own; the editor hears it once.
        await database_sync_to_async(deliver_due_events)()
        signed = await communicator.receive_json(timeout=20)
        assert await communicator.receive_nothing(timeout=1)
    assert signed["event"] == "ReportSigned"
    assert signed["pdf_url"] == f"/reports/{case.report.pk}/versions/{version.number}/pdf/"


async def test_failed_signing_is_told_with_the_reason(committed_db):
    case = await database_sync_to_async(make_case)(patient_name=UNPRINTABLE_NAME)
    await database_sync_to_async(case.signed)()
    async with opened(case, case.radiologist) as communicator:
        await database_sync_to_async(deliver_due_events)()
        failed = await communicator.receive_json(timeout=20)
    assert failed["event"] == "ReportSigningFailed"
    assert "U+1F600" in failed["reason"]
