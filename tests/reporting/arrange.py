"""Reports in the states that the tests of reporting begin with."""

import uuid
from dataclasses import dataclass
from typing import Any

from django.utils import timezone

from hospitals.models import Hospital, User
from hospitals.selectors.scopes import scope_of_user
from pacs_core.access.scopes import open_scope
from pacs_core.events import services
from pacs_core.events.models import Event, EventReceipt
from reporting.models import Report, ReportVersion
from reporting.sections import empty_sections
from reporting.services.certificates import issue_signing_certificate
from reporting.services.drafts import DraftSaved, first_draft, save_draft
from reporting.services.production import produce_version
from reporting.services.signing import request_signature
from tests.story import (
    PASSWORD,
    in_hospital,
    make_hospital,
    make_item,
    make_order,
    make_patient,
    make_radiologist,
    make_user,
)

# No font prints it, and the checks of a draft do not see it: only the worker notices.
UNPRINTABLE_NAME = "DOE^\U0001f600"
TEXT = empty_sections() | {
    "clinical_information": "Sudden weakness.",
    "technique": "CT of the head without contrast.",
    "comparison": "None available.",
    "findings": "No haemorrhage. Ventricles of normal size.",
    "impression": "1. No acute finding.",
}


@dataclass
class Case:
    """One examination of one hospital, its radiologist, its referring physician and the report being written."""

    hospital: Hospital
    radiologist: User
    referrer: User
    report: Report

    def save(self, base_version: int, *, user: User | None = None, **sections: str) -> Any:
        user = user or self.radiologist
        with open_scope(scope_of_user(user)):
            return save_draft(
                report_id=self.report.pk,
                user=user,
                base_version=base_version,
                sections=TEXT | sections,
                request_id=uuid.uuid4(),
            )

    def sign(self, *, user: User | None = None, **options: Any) -> ReportVersion:
        user = user or self.radiologist
        with open_scope(scope_of_user(user)):
            self.report.refresh_from_db()
            wish = {"password": PASSWORD, "base_version": self.report.draft_version} | options
            return request_signature(report_id=self.report.pk, user=user, **wish)

    def produce(self, version: ReportVersion) -> ReportVersion:
        with in_hospital(self.hospital):
            return produce_version(report_version_id=version.pk)

    def signed(self) -> ReportVersion:
        """Write, sign and produce the report."""
        with in_hospital(self.hospital):
            self.report.refresh_from_db()
        assert isinstance(self.save(self.report.draft_version), DraftSaved)
        return self.produce(self.sign())

    def events(self, name: str) -> list[Event]:
        with in_hospital(self.hospital):
            return list(Event.objects.filter(name=name).order_by("pk"))


def make_case(code: str = "NORTH", *, patient_name: str = "DOE^JANE", **order_fields: Any) -> Case:
    hospital = make_hospital(code)
    radiologist = make_radiologist(hospital, name=f"Dr. Ada Roth {code}")
    referrer = make_user("referring_physician", hospital)
    patient = make_patient(hospital, name=patient_name)
    order = make_order(hospital, patient, **({"referring_physician": referrer} | order_fields))
    item = make_item(
        hospital,
        order=order,
        status="reading",
        assigned_to=radiologist,
        claimed_by=radiologist,
        claimed_at=timezone.now(),
    )
    with open_scope(scope_of_user(radiologist)):
        issue_signing_certificate(user=radiologist)
        report = Report.objects.create(hospital=hospital, worklist_item=item, author=radiologist)
        first_draft(report, radiologist, empty_sections(), uuid.uuid4())
    return Case(hospital=hospital, radiologist=radiologist, referrer=referrer, report=report)


def run_outbox(case: Case) -> None:
    """Deliver events and run what they ask for until nothing is left; each receipt is run twice."""
    while services.deliver_due_events() or _open_receipts(case):
        for receipt in _open_receipts(case):
            services.run_event_handler(receipt.pk, case.hospital.pk)
            services.run_event_handler(receipt.pk, case.hospital.pk)


def _open_receipts(case: Case) -> list[EventReceipt]:
    with in_hospital(case.hospital):
        return list(EventReceipt.objects.filter(done_at__isnull=True, failed_at__isnull=True).order_by("pk"))
