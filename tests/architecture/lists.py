"""Every list of the pages, the API and QIDO, and what makes all of them longer."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from uuid import uuid4

from django.utils import timezone

from hospitals.models import Holiday, Shift, ShiftBreak, ShiftSwap, TimeOff, User
from hospitals.selectors.scopes import scope_of_user
from hospitals.services.reader_groups import add_reader_group
from pacs_core.access.scopes import open_scope
from pacs_core.archive.models import (
    ImageDeletion,
    Instance,
    LegalHold,
    QuarantinedInstance,
    RejectionNote,
    RetentionRule,
    StudyConflict,
)
from pacs_core.network.availability.models import AvailabilityNotice
from pacs_core.network.commitment.models import CommitmentRequest
from pacs_core.network.forwarding.models import ForwardingJob
from pacs_core.network.hl7.models import Hl7Source, ReceivedMessage
from pacs_core.network.models import RejectedAssociation
from reporting.models import Delivery, PreliminaryVersion, Report, ReportVersion
from routing_rules.demonstration import RULES
from routing_rules.models import AssignmentDecision, EscalationStep, LearntReadingTime, RuleSet
from routing_rules.services.notices import give_notices
from routing_rules.services.reader_messages import reply_to_message, send_message
from routing_rules.services.rule_sets import publish_rule_set, start_draft
from tests.hospitals.rota.arrange import make_template
from tests.pacs_core.network.dicomweb.archive import file_study, make_grant
from tests.pacs_core.network.research.arrange import make_export
from tests.reporting.arrange import TEXT, make_case
from tests.routing_rules.procedures.arrange import make_mapping, make_procedure
from tests.routing_rules.trials.arrange import grow_result, make_trial
from tests.story import (
    in_hospital,
    make_hospital,
    make_item,
    make_node,
    make_order,
    make_radiologist,
    make_user,
    see_all,
)
from tests.worklist.patient_records import make_records
from worklist.models import AiFinding, WorklistItem

# App (a folder of tests/) -> the role that looks -> addresses.
LISTS: dict[str, dict[str, tuple[str, ...]]] = {
    "worklist": {
        "radiologist": ("/worklist/", "/worklist/rows/", "/worklist/views/", "/worklist/{item}/peek/"),
        "coordinator": (
            "/api/worklist-items/",
            "/api/orders/",
            "/api/worklist-items/{item}/transitions/",
            "/api/ai-findings/",
            *("/patients/", "/patients/{patient}/", "/patients/{patient}/compare/{other_patient}/", "/patients/links/"),
            *("/patients/national-identifiers/", "/api/patients/", "/api/patient-changes/", "/api/patient-links/"),
            "/api/national-identifier-rules/",
        ),
    },
    "routing_rules": {
        "coordinator": (
            *("/coordination/rules/", "/coordination/rules/versions/{rule_set}/", "/coordination/rules/groups/"),
            *("/coordination/rules/drafts/{rule_draft}/", "/api/rule-set-drafts/"),
            *("/coordination/", "/coordination/live/?view=waiting", "/coordination/cover/", "/coordination/fairness/"),
            *("/coordination/choices/?ids={item}", "/coordination/readers/{reader}/?item={item}"),
            *("/assignments/{item}/why/", "/assignments/{item}/explanation/"),
            *("/api/rule-sets/", "/api/assignment-decisions/?worklist_item={item}"),
            *("/coordination/procedures/", "/coordination/procedures/?state=mapped", "/api/procedure-mappings/"),
            *("/coordination/procedures/catalogue/", "/coordination/procedures/reading-times/", "/api/procedures/"),
            *("/coordination/trials/", "/coordination/trials/replay/", "/coordination/trials/{trial}/", "/api/trials/"),
            *("/notices/", "/coordination/messages/{reader}/", "/assignments/{item}/messages/"),
            *("/api/notices/", "/api/reader-messages/", "/api/escalation-steps/?worklist_item={item}"),
        ),
    },
    "reporting": {
        "radiologist": (
            *("/api/reports/", "/api/reports/{report}/versions/", "/first-readings/", "/api/first-readings/"),
            "/api/reports/{report}/preliminary-versions/",
        ),
        "referring_physician": ("/portal/",),
    },
    "hospitals": {
        "system_administrator": (
            *("/administration/", "/administration/hospitals/", "/administration/nodes/", "/administration/people/"),
            *("/administration/hl7-sources/", "/administration/rejected-associations/", "/administration/audit/"),
            *(
                "/administration/quarantine/",
                "/administration/damaged-files/",
                "/administration/retention-rules/",
                "/administration/legal-holds/",
                "/administration/image-deletions/",
                "/administration/hospitals/NORTH/",
            ),
            *("/administration/conflicts/", "/administration/rejection-notes/"),
            *("/api/hospitals/", "/api/people/", "/api/reading-privileges/", "/api/shifts/"),
            *("/api/shift-templates/", "/api/holidays/", "/api/time-off/", "/api/shift-swaps/"),
            *("/api/rejected-associations/", "/administration/forwarding/", "/api/forwarding-jobs/"),
            "/administration/research/",
            *("/administration/commitments/", "/api/commitment-requests/"),
            *("/administration/availability/", "/api/availability-notices/"),
        ),
        "coordinator": (
            *("/coordination/rota/", "/coordination/rota/?days=14&coverage=all", "/coordination/rota/templates/"),
            *("/coordination/rota/time-off/", "/coordination/rota/swaps/", "/coordination/rota/holidays/"),
        ),
        "radiologist": ("/my-shifts/",),
    },
    "pacs_core": {
        "radiologist": (
            *("/dicom-web/studies", "/dicom-web/series", "/dicom-web/instances", "/dicom-web/studies?limit=2"),
            *("/dicom-web/reading/{key}/studies", "/dicom-web/reading/{key}/series"),
        ),
        "hospital_administrator": (
            *("/api/study-conflicts/", "/api/rejection-notes/"),
            *("/api/nodes/", "/api/quarantine/", "/api/hl7-sources/", "/api/received-messages/"),
        ),
    },
}


class GrowingNetwork:
    """A hospital in which `grow` adds one of everything that some list shows."""

    def __init__(self) -> None:
        case = make_case("NORTH")
        self.hospital, self.radiologist, self.report = case.hospital, case.radiologist, case.report
        roles = ("coordinator", "hospital_administrator", "system_administrator")
        self.people: dict[str, User] = {
            "radiologist": case.radiologist,
            "referring_physician": case.referrer,
            **{role: make_user(role, *([] if role.startswith("system") else [case.hospital])) for role in roles},
        }
        self.version = case.signed()
        self.grant = make_grant(self.radiologist, file_study(self.hospital))
        with see_all():
            self.item = WorklistItem.objects.select_related("study__patient").get(report=case.report)
            self.rule_set: RuleSet = publish_rule_set(rules=RULES)
            draft = start_draft(user=self.people["coordinator"], rules=RULES)
        self.records = make_records(self.hospital, self.item.study.patient)
        self.trial = make_trial(self.people["coordinator"], self.hospital)
        self.rules = {"rule_set": self.rule_set.version, "rule_draft": draft.pk, "trial": self.trial.pk}
        self.serial = 0

    def address(self, pattern: str) -> str:
        values = {"item": self.item.pk, "report": self.report.pk, "key": self.grant.key, "reader": self.radiologist.pk}
        records = {"patient": self.records.patient.pk, "other_patient": self.records.other.pk}
        return pattern.format(**values, **records, **self.rules)

    def grow(self) -> None:
        self.serial += 1
        reader = make_radiologist(self.hospital)
        self._add_item(reader)
        self._add_studies()
        self._add_report()
        self._add_senders()
        self._add_procedure(reader)
        self._add_notices()
        self._add_rota(reader)
        make_records(self.hospital, self.records.patient, type_code=f"N{self.serial}")
        make_trial(self.people["coordinator"], self.hospital)
        grow_result(self.trial, reader, make_item(self.hospital, order=make_order(self.hospital)))
        make_hospital(f"EAST{self.serial}")
        with see_all():
            RuleSet.objects.create(
                version=self.rule_set.version + self.serial, rules=RULES, published_by=self.people["coordinator"]
            )
            start_draft(user=self.people["coordinator"], rules=RULES, name=f"Draft {self.serial}")
            add_reader_group(name=f"Team {self.serial}", members=[reader])
        with in_hospital(self.hospital):
            AssignmentDecision.objects.create(
                hospital=self.hospital,
                worklist_item=self.item,
                rule_set=self.rule_set,
                facts={},
                chosen=reader,
                decision={
                    "reader_id": reader.pk,
                    "summary": "",
                    "required_subspecialty": "",
                    "matched_rules": [],
                    "candidates": [],
                },
            )

    def _add_rota(self, reader: User) -> None:
        """A coming shift with a break that is offered, time off, a template, a holiday, a reader of a group."""
        starts_at = timezone.now() + timedelta(days=1)
        shift = Shift.objects.create(radiologist=reader, starts_at=starts_at, ends_at=starts_at + timedelta(hours=8))
        ShiftBreak.objects.create(shift=shift, starts_at=starts_at, ends_at=starts_at + timedelta(minutes=30))
        ShiftSwap.objects.create(shift=shift, offered_by=reader, taken_by=self.radiologist, status="taken")
        TimeOff.objects.create(
            radiologist=reader, starts_at=starts_at + timedelta(days=2), ends_at=starts_at + timedelta(days=3)
        )
        make_template(name=f"Night {self.serial}")
        Holiday.objects.create(hospital=self.hospital, on=starts_at.date() + timedelta(days=self.serial), name="Feast")

    def _add_item(self, reader: User) -> WorklistItem:
        now = timezone.now()
        values: dict[str, Any] = {"assigned_to": reader, "claimed_by": reader, "claimed_at": now}
        item = make_item(
            self.hospital,
            order=make_order(self.hospital, referring_physician=self.people["referring_physician"]),
            status="reading",
            deadline_at=now + timedelta(minutes=1),
            **values,
        )
        make_item(self.hospital, order=make_order(self.hospital), status="assigned", assigned_to=self.radiologist)
        with in_hospital(self.hospital):
            AiFinding.objects.create(
                hospital=self.hospital,
                study=self.item.study,
                service=f"Net {self.serial}",
                code="bleed",
                label="Bleed",
                found_at=now,
            )
            self.item.transitions.create(
                hospital=self.hospital, action="release", from_status="x", to_status="y", holder=reader, actor=reader
            )
        return item

    def _add_studies(self) -> None:
        """A study for all, one more prior of the item's patient, one more in the viewing grant."""
        study = file_study(self.hospital)
        now = timezone.now()
        with in_hospital(self.hospital):
            Instance.objects.filter(series__study=study).update(damage="missing", verified_at=now)
            RetentionRule.objects.create(hospital=self.hospital, modality=f"X{self.serial}", keep_days=3650)
            LegalHold.objects.create(
                hospital=self.hospital, patient=study.patient, study=study, reason="x", placed_by=self.radiologist
            )
            ImageDeletion.objects.create(
                hospital=self.hospital, study=study, announced_at=now, due_at=now, instances=1, size_bytes=1
            )
            prior = file_study(self.hospital, patient=self.item.study.patient)
            type(prior).objects.filter(pk=prior.pk).update(study_at=timezone.now() - timedelta(days=30))
            self.grant.study_ids = [*self.grant.study_ids, study.pk]
            self.grant.save()

    def _add_report(self) -> None:
        """Another report with a signed version (a copy: signing takes a second) in the referring physician's portal."""
        referrer = self.people["referring_physician"]
        item = make_item(self.hospital, order=make_order(self.hospital, referring_physician=referrer), status="signed")
        with open_scope(scope_of_user(self.radiologist)):
            report = Report.objects.create(
                hospital=self.hospital, worklist_item=item, author=make_radiologist(self.hospital), status="signed"
            )
            for number, owner in ((1, report), (self.serial + 1, self.report)):
                version = self._copy_of_version(owner, number)
                self._add_reading(owner, number)
            Delivery.objects.create(hospital=self.hospital, report_version=self._first(report), recipient=referrer)
            assert version.pk

    def _add_reading(self, report: Report, number: int) -> None:
        PreliminaryVersion.objects.create(
            hospital=self.hospital,
            report=report,
            number=number,
            kind="preliminary",
            sections=TEXT,
            draft_version=number,
            author=self.radiologist,
            printed_name=self.radiologist.name,
        )
        Report.objects.filter(pk=report.pk).update(preliminary_version=number)

    def _first(self, report: Report) -> ReportVersion:
        return ReportVersion.objects.get(report=report, number=1)

    def _copy_of_version(self, report: Report, number: int) -> ReportVersion:
        copy = ReportVersion.objects.get(pk=self.version.pk)
        copy.pk, copy._state.adding = None, True
        copy.report, copy.number, copy.sections = report, number, TEXT
        copy.verification_nonce = f"{self.serial:010}{report.pk:010}"
        copy.verification_digest = f"{self.serial:032}{report.pk:032}"
        copy.save()
        return copy

    def _add_notices(self) -> None:
        """A message about the item, a step taken for it, and what both people are told."""
        now, coordinator = timezone.now(), self.people["coordinator"]
        with open_scope(scope_of_user(coordinator)):
            (message,) = send_message(
                request_id=uuid4(),
                sender=coordinator,
                recipient_ids=[self.radiologist.pk],
                text="Next, please",
                worklist_item_id=self.item.pk,
                now=now,
            )
        with open_scope(scope_of_user(self.radiologist)):
            reply_to_message(request_id=uuid4(), sender=self.radiologist, message_id=message.pk, text="Yes", now=now)
        with in_hospital(self.hospital):
            step = EscalationStep.objects.create(
                hospital=self.hospital,
                worklist_item=self.item,
                step="alert_coordinator",
                deadline_at=now + timedelta(minutes=self.serial),
            )
            give_notices(
                hospital_id=self.hospital.pk,
                kind="alert",
                recipient_ids=[coordinator.pk],
                now=now,
                worklist_item=self.item,
                step=step,
            )

    def _add_procedure(self, reader: User) -> None:
        """A procedure with learnt minutes, a reader's pace, a name that waits and one that is mapped."""
        procedure = make_procedure(f"CT_{self.serial}")
        LearntReadingTime.objects.create(procedure=procedure, minutes=7.0, number_of_readings=9)
        LearntReadingTime.objects.create(radiologist=reader, speed_factor=1.1, number_of_readings=9)
        make_mapping(self.hospital, code=f"W{self.serial}", description=f"CT HEAD {self.serial}")
        mapping = make_mapping(self.hospital, procedure, code=f"M{self.serial}")
        with in_hospital(self.hospital):
            type(mapping).objects.filter(pk=mapping.pk).update(mapped_by=self.people["coordinator"])

    def _add_senders(self) -> None:
        node = make_node(self.hospital, f"NODE_{self.serial}")
        source = Hl7Source.objects.create(
            hospital=self.hospital, sending_application=f"RIS{self.serial}", sending_facility="NORTH"
        )
        RejectedAssociation.objects.create(
            calling_ae_title=f"X{self.serial}", called_ae_title="MERIDIAN", peer_address="192.0.2.1", reason="unknown"
        )
        with in_hospital(self.hospital):
            ForwardingJob.objects.create(
                hospital=self.hospital, study=self.item.study, ae_title=node.ae_title, content_version=1
            )
            make_export(self.hospital, left_out={"a video or photograph": 1})
            AvailabilityNotice.objects.create(
                hospital=self.hospital,
                study=self.item.study,
                ae_title=node.ae_title,
                content_version=1,
                status="failed",
            )
            CommitmentRequest.objects.create(
                hospital=self.hospital, ae_title=node.ae_title, transaction_uid="2.25.1", references=[["1.2", "2.25.2"]]
            )
            RejectionNote.objects.create(hospital=self.hospital, code="113001")
            question = StudyConflict.objects.create(
                hospital=self.hospital, study_instance_uid=f"2.25.{self.serial}", reason_code="content_differs"
            )
            QuarantinedInstance.objects.create(
                hospital=self.hospital,
                conflict=question,
                source="dimse",
                calling_ae_title=node.ae_title,
                file_path=f"absent{self.serial}",
                size_bytes=1,
                reason_code="x",
                reason="Unreadable",
            )
            ReceivedMessage.objects.create(
                hospital=self.hospital,
                source=source,
                message_control_id=str(self.serial),
                message_type="ORM^O01",
                body=b"MSH",
                body_sha256="0" * 64,
                acknowledgement="MSH",
                acknowledgement_code="AA",
            )


def every_list() -> Iterator[tuple[str, str, str]]:
    """Yield app, role and address pattern."""
    for app, roles in LISTS.items():
        for role, addresses in roles.items():
            for address in addresses:
                yield app, role, address
