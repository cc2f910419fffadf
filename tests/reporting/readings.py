"""Examinations that are read twice, in the states that tests begin with."""

import uuid
from dataclasses import dataclass
from typing import Any

from hospitals.models import RadiologistProfile, User
from hospitals.selectors.scopes import scope_of_user
from pacs_core.access.scopes import open_scope
from reporting.models import PreliminaryVersion
from reporting.services.certificates import issue_signing_certificate
from reporting.services.drafts import save_draft
from reporting.services.opening import open_report
from reporting.services.stages import finish_reading
from tests.reporting.arrange import TEXT, Case, make_case
from tests.story import as_user, in_hospital, make_radiologist
from worklist.models import WorklistItem
from worklist.services.stages import send_back_to_first_reader

PRELIMINARY_IMPRESSION = "1. Sinusitis zwolle."
FINAL_IMPRESSION = "1. No acute finding."


@dataclass
class ReadTwice:
    """A case whose holder reads first; `second` may read second, `third` is one more attending."""

    case: Case
    first: User
    second: User
    third: User

    def open(self, user: User) -> Any:
        with as_user(user):
            return open_report(worklist_item_id=self.case.report.worklist_item_id, user=user)

    def save(self, user: User, **sections: str) -> Any:
        with as_user(user):
            self.case.report.refresh_from_db()
            return save_draft(
                report_id=self.case.report.pk,
                user=user,
                base_version=self.case.report.draft_version,
                sections=TEXT | sections,
                request_id=uuid.uuid4(),
            )

    def finish(self, user: User, **options: Any) -> PreliminaryVersion:
        with as_user(user):
            self.case.report.refresh_from_db()
            wish = {"base_version": self.case.report.draft_version} | options
            return finish_reading(report_id=self.case.report.pk, user=user, **wish)

    def read_first(self) -> PreliminaryVersion:
        self.save(self.first, impression=PRELIMINARY_IMPRESSION)
        return self.finish(self.first)

    def read_second(self) -> PreliminaryVersion:
        self.open(self.second)
        self.save(self.second, impression=FINAL_IMPRESSION)
        return self.finish(self.second)

    def send_back(self, user: User, remark: str = "Look at the sinuses again.") -> None:
        with as_user(user):
            send_back_to_first_reader(worklist_item_id=self.case.report.worklist_item_id, user=user, remark=remark)

    def sign(self, user: User, **options: Any) -> Any:
        return self.case.produce(self.case.sign(user=user, **options))

    def item(self) -> WorklistItem:
        with in_hospital(self.case.hospital):
            return WorklistItem.objects.get(pk=self.case.report.worklist_item_id)


def make_read_twice(mode: str) -> ReadTwice:
    case = make_case()
    second = make_radiologist(case.hospital, name="Dr. Ben Lund")
    with open_scope(scope_of_user(second)):
        issue_signing_certificate(user=second)
    with in_hospital(case.hospital):
        WorklistItem.objects.filter(pk=case.report.worklist_item_id).update(reading_mode=mode)
    return ReadTwice(case, case.radiologist, second, make_radiologist(case.hospital, name="Dr. Cleo Marsh"))


def make_two_tier() -> ReadTwice:
    """The holder is a resident."""
    twice = make_read_twice("two_tier")
    RadiologistProfile.objects.filter(user=twice.first).update(is_resident=True)
    return twice


def make_double() -> ReadTwice:
    return make_read_twice("double")
