"""One hospital with one of everything that an address may name, and people of it and of another hospital."""

import uuid
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.utils import timezone

from hospitals.models import (
    Holiday,
    Hospital,
    RadiologistProfile,
    ReaderGroup,
    ReadingPrivilege,
    Shift,
    ShiftSwap,
    TimeOff,
    User,
)
from hospitals.selectors.scopes import scope_of_user
from hospitals.services.shift_feeds import renew_feed
from pacs_core.access.scopes import open_scope
from pacs_core.archive.files import stored_path
from pacs_core.archive.models import Instance, QuarantinedInstance, RejectionNote, Study, StudyConflict
from pacs_core.network.availability.models import AvailabilityNotice
from pacs_core.network.commitment.models import CommitmentRequest
from pacs_core.network.forwarding.models import ForwardingJob
from pacs_core.network.hl7.models import Hl7Source, ReceivedMessage
from pacs_core.network.models import RejectedAssociation
from reporting.models import PreliminaryVersion, Report, ReportVersion
from reporting.services.addenda import start_addendum
from reporting.services.delivery import deliver_version
from reporting.services.drafts import first_draft
from reporting.services.key_images import mark_key_image
from reporting.verification_codes import code_of_nonce
from routing_rules.demonstration import RULES
from routing_rules.models import Notice
from routing_rules.services.reader_messages import send_message
from routing_rules.services.rule_sets import publish_rule_set, start_draft
from tests.hospitals.rota.arrange import make_template
from tests.pacs_core.network.dicomweb.archive import file_study, make_dataset, make_grant, part10
from tests.pacs_core.network.workitems.arrange import make_workitem
from tests.reporting.arrange import TEXT, Case, make_case
from tests.routing_rules.procedures.arrange import make_mapping, make_procedure
from tests.routing_rules.trials.arrange import make_trial
from tests.story import in_hospital, make_hospital, make_item, make_node, make_order, make_radiologist, make_user
from tests.worklist.patient_records import make_records
from worklist.models import WorklistItem

ROLES = ("radiologist", "coordinator", "referring_physician", "hospital_administrator", "system_administrator")


@dataclass(frozen=True)
class World:
    """`values` holds what the table of doors names: ids, codes and UIDs of NORTH's things."""

    people: dict[str, User]
    strangers: dict[str, User]
    values: dict[str, Any]


def make_world() -> World:
    case = make_case("NORTH")
    hospital = case.hospital
    people = _people(hospital) | {"radiologist": case.radiologist, "referring_physician": case.referrer}
    values = _reports(case) | _images(case) | _administration(hospital, case.radiologist)
    values |= _identity(hospital)
    values |= _readings(case) | _procedures(hospital) | _told(people, values["free_item"])
    colleague = make_radiologist(hospital)
    values["trial"] = make_trial(people["coordinator"], hospital, status="waiting").pk
    values["colleague"] = colleague.pk
    values |= {"workitem_uid": make_workitem(people["hospital_administrator"], hospital), "ae_title": "AI_ONE"}
    values |= _rota(hospital, people["radiologist"], colleague)
    return World(people, _people(make_hospital("SOUTH")), values)


def _people(hospital: Hospital) -> dict[str, User]:
    """One person for each role of the hospital; a system's administrator belongs to none."""
    return {
        role: make_radiologist(hospital)
        if role == "radiologist"
        else make_user(role, *([] if role == "system_administrator" else [hospital]))
        for role in ROLES
    }


def _reports(case: Case) -> dict[str, Any]:
    """A signed, delivered report with an addendum under way, one with an open draft, an item that nobody claimed."""
    version = case.signed()
    with in_hospital(case.hospital):
        _note_signed(case, version)
        deliver_version(version)
    with open_scope(scope_of_user(case.radiologist)):
        start_addendum(report_id=case.report.pk, user=case.radiologist)
    free = make_item(case.hospital, order=make_order(case.hospital))
    draft = _begun(case)
    with in_hospital(case.hospital):
        image = Instance.objects.get(series__study=draft.worklist_item.study_id)
    with open_scope(scope_of_user(case.radiologist)):
        named = {"sop_instance_uid": image.sop_instance_uid, "frame_number": 1}
        marked = mark_key_image(report_id=draft.pk, user=case.radiologist, **named)
    return {
        "image_of_draft": image.sop_instance_uid,
        "key_image": marked.pk,
        "signed_report": case.report.pk,
        "version": version.pk,
        "version_number": version.number,
        "verification_code": code_of_nonce(version.verification_nonce),
        "draft_report": draft.pk,
        "draft_version": draft.draft_version,
        "free_item": free.pk,
        "claimed_item": draft.worklist_item_id,
        "doubtful_item": make_item(case.hospital, reconciliation_reason="patient_differs").pk,
        "cancelled_item": make_item(case.hospital, status="cancelled").pk,
        "order": free.order_id,
    }


def _readings(case: Case) -> dict[str, Any]:
    """A double reading whose first stage the radiologist holds, and a two-tier one at its second stage."""
    first, second = _begun(case, reading_mode="double"), _begun(case, reading_mode="two_tier")
    resident = make_radiologist(case.hospital, name="Dr. Rita Young")
    RadiologistProfile.objects.filter(user=resident).update(is_resident=True)
    with in_hospital(case.hospital):
        WorklistItem.objects.filter(pk=second.worklist_item_id).update(
            reading_stage=2, first_reader=resident, first_finished_at=timezone.now()
        )
        PreliminaryVersion.objects.create(
            hospital=case.hospital,
            report=second,
            number=1,
            kind="preliminary",
            sections=TEXT,
            draft_version=second.draft_version,
            author=resident,
            printed_name=resident.name,
        )
        Report.objects.filter(pk=second.pk).update(preliminary_version=1)
    return {
        "first_stage_report": first.pk,
        "first_stage_version": first.draft_version,
        "twice_read_report": second.pk,
        "second_stage_item": second.worklist_item_id,
    }


def _begun(case: Case, **fields: Any) -> Report:
    """A report that the radiologist is writing."""
    item = make_item(
        case.hospital,
        order=make_order(case.hospital),
        status="reading",
        assigned_to=case.radiologist,
        claimed_by=case.radiologist,
        claimed_at=timezone.now(),
        **fields,
    )
    with open_scope(scope_of_user(case.radiologist)):
        draft = Report.objects.create(hospital=case.hospital, worklist_item=item, author=case.radiologist)
        first_draft(draft, case.radiologist, TEXT, uuid.uuid4())
        draft.refresh_from_db()
    return draft


def _procedures(hospital: Hospital) -> dict[str, Any]:
    """An entry of the catalogue, and a name of the hospital that waits for one."""
    procedure = make_procedure()
    return {
        "procedure": procedure.pk,
        "procedure_code": procedure.code,
        "mapping": make_mapping(hospital).pk,
    }


def _identity(hospital: Hospital) -> dict[str, Any]:
    """Two records that are alike, one of them corrected, and a rule about national numbers."""
    records = make_records(hospital, type_code="SS")
    return {
        "hospital_pk": hospital.pk,
        "patient": records.patient.pk,
        "other_patient": records.other.pk,
        "other_patients_study": records.others_study.pk,
        "patient_change": records.change.pk,
        "patient_link": records.link.pk,
        "national_rule": records.rule.pk,
    }


def _rota(hospital: Hospital, reader: User, colleague: User) -> dict[str, Any]:
    """Shifts to come of two readers with swaps in each state, a call that runs, time off asked for, a holiday."""
    now = timezone.now()
    day = now.replace(minute=0, second=0, microsecond=0) + timedelta(days=3)

    def shift(whose: User, number: int, **values: Any) -> Shift:
        starts_at = day + timedelta(days=number)
        return Shift.objects.create(
            **({"radiologist": whose, "starts_at": starts_at, "ends_at": starts_at + timedelta(hours=8)} | values)
        )

    on_call = make_radiologist(hospital, on_shift=False)
    call = shift(on_call, 0, starts_at=now - timedelta(hours=3), ends_at=now + timedelta(hours=9), is_on_call=True)
    offered, taken = (ShiftSwap.objects.create(shift=shift(colleague, n), offered_by=colleague) for n in (0, 1))
    ShiftSwap.objects.filter(pk=taken.pk).update(status="taken", taken_by=reader)
    own = ShiftSwap.objects.create(shift=shift(reader, 2), offered_by=reader)
    time_off = TimeOff.objects.create(
        radiologist=reader, starts_at=day + timedelta(days=9), ends_at=day + timedelta(days=12), status="asked"
    )
    return {
        "call": call.pk,
        "call_until": (now + timedelta(hours=1)).isoformat(),
        "coming_shift": shift(reader, 3).pk,
        "swap_offered": offered.pk,
        "swap_taken": taken.pk,
        "swap_own": own.pk,
        "time_off": time_off.pk,
        "template": make_template().pk,
        "feed_key": _feed_key(hospital, reader),
        "holiday": Holiday.objects.create(hospital=hospital, on=day.date(), name="Founder's day").pk,
    }


def _told(people: dict[str, User], worklist_item_id: int) -> dict[str, Any]:
    """A message of the coordinator to the radiologist, with its notice."""
    with open_scope(scope_of_user(people["coordinator"])):
        (message,) = send_message(
            request_id=uuid.uuid4(),
            sender=people["coordinator"],
            recipient_ids=[people["radiologist"].pk],
            text="Please look at this one",
            worklist_item_id=worklist_item_id,
            now=timezone.now(),
        )
        notice = Notice.objects.get(message=message)
    return {"reader_message": message.pk, "notice": notice.pk, "priority": "stat"}


def _feed_key(hospital: Hospital, reader: User) -> str:
    with in_hospital(hospital):
        return renew_feed(radiologist=reader, now=timezone.now())


def _note_signed(case: Case, version: ReportVersion) -> None:
    """What worklist.handlers.close_signed_item does once the event arrives."""
    WorklistItem.objects.filter(pk=case.report.worklist_item_id).update(status="signed", signed_at=version.signed_at)


def _images(case: Case) -> dict[str, Any]:
    study: Study = file_study(case.hospital)
    uid = study.study_instance_uid
    with in_hospital(case.hospital):
        job = ForwardingJob.objects.create(hospital=case.hospital, study=study, ae_title="AI", content_version=1)
        notice = AvailabilityNotice.objects.create(
            hospital=case.hospital, study=study, ae_title="RIS", content_version=1
        )
        request = CommitmentRequest.objects.create(
            hospital=case.hospital, ae_title="CT", transaction_uid="2.25.1", references=[["1.2", "2.25.2"]]
        )
    return {
        "forwarding_job": job.pk,
        "availability_notice": notice.pk,
        "commitment_request": request.pk,
        "study_uid": uid,
        "patient_number": study.patient.patient_id,
        "series_uid": f"{uid}.1",
        "instance_uid": f"{uid}.1.1",
        "pixel_data": "7FE00010",
        "frame": 1,
        "key": make_grant(case.radiologist, study).key,
    }


def _administration(hospital: Hospital, radiologist: User) -> dict[str, Any]:
    node = make_node(hospital, "NORTH_CT")
    make_node(hospital, "NORTH_PACS", host="127.0.0.1", port=104)
    source = Hl7Source.objects.create(hospital=hospital, sending_application="RIS", sending_facility="NORTH")
    rejected = RejectedAssociation.objects.create(
        calling_ae_title=node.ae_title, called_ae_title="MERIDIAN", peer_address="192.0.2.1", reason="unknown"
    )
    stored_path("set_aside").write_bytes(part10(make_dataset(study_instance_uid="2.25.5")))
    with in_hospital(hospital):
        quarantined = QuarantinedInstance.objects.create(
            hospital=hospital,
            source="dimse",
            file_path="set_aside",
            size_bytes=9,
            reason_code="x",
            reason="Mended since",
        )
        conflict = StudyConflict.objects.create(
            hospital=hospital, study_instance_uid="2.25.4", reason_code="patient_mismatch"
        )
        decided = StudyConflict.objects.create(
            hospital=hospital,
            study_instance_uid="2.25.4",
            reason_code="patient_mismatch",
            decision="rejected",
            decided_at=timezone.now(),
        )
        for question, resolution in ((conflict, ""), (decided, "rejected")):
            QuarantinedInstance.objects.create(
                hospital=hospital,
                source="dimse",
                file_path="set_aside",
                size_bytes=9,
                reason_code=question.reason_code,
                reason="Another patient",
                conflict=question,
                resolution=resolution,
            )
        note = RejectionNote.objects.create(hospital=hospital, code="113001")
        message = ReceivedMessage.objects.create(
            hospital=hospital,
            source=source,
            message_control_id="1",
            message_type="ORM^O01",
            body=b"MSH",
            body_sha256="0" * 64,
            acknowledgement="MSH",
            acknowledgement_code="AA",
        )
        older = publish_rule_set(rules=RULES[-1:])
        rule_set = publish_rule_set(rules=RULES)
        draft = start_draft(user=radiologist, rules=RULES[1:])
    return {
        "reachable_node": "NORTH_PACS",
        "hospital": hospital.code,
        "node": node.pk,
        "hl7_source": source.pk,
        "rejected": rejected.pk,
        "quarantined": quarantined.pk,
        "conflict": conflict.pk,
        "decided_conflict": decided.pk,
        "rejection_note": note.pk,
        "message": message.pk,
        "person": radiologist.pk,
        "person_email": radiologist.email,
        "privilege": ReadingPrivilege.objects.get(radiologist=radiologist).pk,
        "shift": Shift.objects.filter(radiologist=radiologist).earliest("pk").pk,
        "rule_set": rule_set.version,
        "older_rule_set": older.version,
        "rule_draft": draft.pk,
        "reader_group": ReaderGroup.objects.create(name="Night team").pk,
    }
