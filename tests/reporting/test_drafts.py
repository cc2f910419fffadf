"""Drafts: nothing is overwritten silently, only the holder writes."""

import uuid

import pytest

from hospitals.selectors.scopes import scope_of_user
from pacs_core.access.errors import NotVisible, PermissionRefused
from pacs_core.access.scopes import open_scope
from reporting.errors import InvalidSections, NotClaimHolder, ReportNotEditable
from reporting.models import DraftVersion, Report
from reporting.services.drafts import DraftConflict, DraftSaved, save_draft
from tests.reporting.arrange import TEXT, make_case
from tests.story import in_hospital, make_hospital, make_radiologist, make_user

pytestmark = pytest.mark.django_db


def number_of_drafts(case):
    with in_hospital(case.hospital):
        return DraftVersion.objects.filter(report=case.report).count()


def test_a_save_makes_the_next_version_and_returns_the_checks():
    case = make_case()
    outcome = case.save(1, findings="")
    assert isinstance(outcome, DraftSaved)
    assert outcome.version == 2
    assert [check.code for check in outcome.checks] == ["mandatory_section"]
    assert case.events("ReportDraftSaved")[-1].payload["version"] == 2


def test_two_tabs_never_overwrite_each_other_silently():
    case = make_case()
    assert case.save(1, findings="From the first tab.").version == 2
    outcome = case.save(1, findings="From the second tab.")
    assert isinstance(outcome, DraftConflict)
    assert (outcome.version, outcome.saved_by) == (2, case.radiologist.name)
    assert outcome.sections["findings"] == "From the first tab."
    assert number_of_drafts(case) == 2


def test_a_repeated_save_answers_as_the_first_time():
    case, request_id = make_case(), uuid.uuid4()
    with open_scope(scope_of_user(case.radiologist)):
        answers = []
        for sections in (TEXT, TEXT):
            answers.append(
                save_draft(
                    report_id=case.report.pk,
                    user=case.radiologist,
                    base_version=1,
                    sections=sections,
                    request_id=request_id,
                )
            )
    assert answers[0] == answers[1]
    assert number_of_drafts(case) == 2


def test_the_same_text_makes_no_new_version():
    case = make_case()
    case.save(1)
    assert case.save(1).version == 2
    assert number_of_drafts(case) == 2


def test_only_the_holder_of_the_claim_saves():
    case = make_case()
    other = make_radiologist(case.hospital)
    with pytest.raises(NotClaimHolder):
        case.save(1, user=other)
    assert number_of_drafts(case) == 1


def test_a_lost_claim_stops_the_text():
    case = make_case()
    other = make_radiologist(case.hospital)
    with in_hospital(case.hospital):
        item = case.report.worklist_item
        item.claimed_by = other
        item.save(update_fields=["claimed_by"])
    with pytest.raises(NotClaimHolder):
        case.save(1)
    assert case.save(1, user=other).version == 2


def test_another_hospital_does_not_see_the_report():
    case = make_case()
    stranger = make_radiologist(make_hospital("SOUTH"))
    with pytest.raises(NotVisible):
        case.save(1, user=stranger)
    assert number_of_drafts(case) == 1


@pytest.mark.parametrize(("role", "error"), [("coordinator", PermissionRefused), ("referring_physician", NotVisible)])
def test_other_roles_write_nothing(role, error):
    case = make_case()
    with pytest.raises(error):
        case.save(1, user=make_user(role, case.hospital))
    assert number_of_drafts(case) == 1


def test_a_report_being_signed_takes_no_text():
    case = make_case()
    with in_hospital(case.hospital):
        Report.objects.update(status=Report.Status.SIGNING)
    with pytest.raises(ReportNotEditable):
        case.save(1)


@pytest.mark.parametrize(
    "sections",
    [
        None,
        [],
        {},
        {"findings": "x"},
        TEXT | {"summary": ""},
        TEXT | {"findings": None},
        TEXT | {"findings": "a\x00b"},
        TEXT | {"findings": "x" * 60_000},
    ],
)
def test_malformed_sections_are_refused(sections):
    case = make_case()
    with open_scope(scope_of_user(case.radiologist)), pytest.raises(InvalidSections):
        save_draft(
            report_id=case.report.pk,
            user=case.radiologist,
            base_version=1,
            sections=sections,
            request_id=uuid.uuid4(),
        )
    assert number_of_drafts(case) == 1
