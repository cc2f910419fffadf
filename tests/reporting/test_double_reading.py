"""Double reading: two radiologists read independently of each other, then the second compares and signs."""

import threading
import uuid
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connections
from django.test import Client

from pacs_core.access.errors import NotVisible, PermissionRefused
from reporting.differences import text_difference
from reporting.errors import ReadingNotFinished, ReportError
from reporting.models import PreliminaryVersion
from reporting.selectors.comparison import comparison_for
from reporting.selectors.reports import current_draft, current_sections
from reporting.selectors.stages import readings_for
from reporting.services.drafts import DraftConflict, save_draft
from tests.reporting.arrange import TEXT
from tests.reporting.readings import FINAL_IMPRESSION, PRELIMINARY_IMPRESSION, ReadTwice, make_double
from tests.story import as_user, in_hospital
from worklist.errors import NotPrivileged
from worklist.services.claims import claim_worklist_item
from worklist.services.holding import hand_over_worklist_item

SECRET = PRELIMINARY_IMPRESSION


@pytest.fixture
def twice(db) -> ReadTwice:
    return make_double()


def signed_in(user):
    browser = Client()
    browser.force_login(user)
    return browser


def everything_shown(twice, user):
    """What every address tells a radiologist about the report, as one text."""
    browser, report = signed_in(user), twice.case.report.pk
    addresses = (
        f"/reading/{twice.item().pk}/",
        f"/reports/{report}/comparison/",
        f"/api/reports/{report}/",
        f"/api/reports/{report}/preliminary-versions/",
        "/api/first-readings/",
        "/first-readings/",
    )
    return "\n".join(browser.get(address).content.decode() for address in addresses)


def test_nobody_can_sign_a_first_reading(twice):
    twice.save(twice.first)
    with pytest.raises(ReadingNotFinished, match="read twice"):
        twice.case.sign(user=twice.first)


def test_the_first_text_is_hidden_while_it_is_written(twice):
    twice.save(twice.first, impression=SECRET)
    assert SECRET not in everything_shown(twice, twice.second)
    assert SECRET in everything_shown(twice, twice.first)


def test_the_second_reader_begins_from_the_template_and_knows_nothing(twice):
    twice.read_first()
    assert SECRET not in everything_shown(twice, twice.third)
    report = twice.open(twice.second)
    with as_user(twice.second):
        assert current_draft(report).sections["impression"] != SECRET
        assert readings_for(report, twice.second) == []
    assert SECRET not in everything_shown(twice, twice.second)


def test_claimed_without_opening_nothing_leaks_either(twice):
    """The API claims and saves without the page: no answer carries the first text."""
    twice.read_first()
    with as_user(twice.second):
        claim_worklist_item(worklist_item_id=twice.case.report.worklist_item_id, user=twice.second)
        report = twice.case.report
        report.refresh_from_db()
        assert current_sections(report, twice.second) is None
        outcome = save_draft(
            report_id=report.pk, user=twice.second, base_version=1, sections=TEXT, request_id=uuid.uuid4()
        )
        assert isinstance(outcome, DraftConflict)
        assert not any(outcome.sections.values())


def test_own_reading_first_then_both_then_the_signature(twice):
    twice.read_first()
    report = twice.open(twice.second)
    twice.save(twice.second, impression=FINAL_IMPRESSION)
    with pytest.raises(ReadingNotFinished, match="your own reading first"):
        twice.case.sign(user=twice.second)
    own = twice.finish(twice.second)
    assert (own.kind, own.number, twice.item().status) == ("second", 2, "reading")
    with as_user(twice.second):
        report.refresh_from_db()
        compared = comparison_for(report, twice.second)
    assert (compared.before.author, compared.after.author) == (twice.first.name, twice.second.name)
    assert SECRET in everything_shown(twice, twice.second)
    version = twice.sign(twice.second)
    assert version.state == "signed"
    assert "read the images independently" in version.meaning


def test_the_first_reader_cannot_come_back_as_the_second(twice):
    twice.read_first()
    with as_user(twice.first), pytest.raises(NotPrivileged):
        claim_worklist_item(worklist_item_id=twice.case.report.worklist_item_id, user=twice.first)
    page = signed_in(twice.first).get(f"/reading/{twice.item().pk}/").content.decode()
    assert "It waits for its second reader" in page
    assert twice.item().status == "unassigned"


def test_a_third_reader_who_decides_reads_independently_too(twice):
    twice.read_first()
    twice.read_second()
    with as_user(twice.second):
        hand_over_worklist_item(
            worklist_item_id=twice.case.report.worklist_item_id, user=twice.second, to_user_id=twice.third.pk
        )
    twice.open(twice.third)
    shown = everything_shown(twice, twice.third)
    assert SECRET not in shown
    assert FINAL_IMPRESSION not in shown
    twice.save(twice.third, impression="1. Something else.")
    assert twice.finish(twice.third).kind == "further"
    assert SECRET in everything_shown(twice, twice.third)


def test_a_first_reading_alone_has_nothing_to_compare_with(twice):
    twice.read_first()
    with as_user(twice.first), pytest.raises(NotVisible):
        comparison_for(twice.case.report, twice.first)


def test_after_the_signature_everything_is_shown(twice):
    twice.read_first()
    twice.read_second()
    twice.sign(twice.second)
    assert SECRET in everything_shown(twice, twice.third)


def test_differences_joined_are_the_texts():
    before, after = "One line.\nNo haemorrhage on the left.\n", "One line.\nSmall haemorrhage on the left.\nMore."
    left, right = text_difference(before, after)
    assert "".join(piece.text for piece in left) == before
    assert "".join(piece.text for piece in right) == after
    assert [piece.text for piece in left if piece.kind == "removed"] == ["No"]
    assert [piece.text for piece in right if piece.kind == "added"] == ["Small", "More."]


def at_once(calls):
    """Run the calls at the same moment; return values, or the class of the refusal."""
    start = threading.Barrier(len(calls))

    def run(call):
        try:
            start.wait(30)
            return call()
        except (ReportError, PermissionRefused) as error:
            return type(error)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(run, calls))


def test_two_tabs_that_finish_at_once_keep_one_reading(committed_db):
    twice = make_double()
    twice.save(twice.first)
    with as_user(twice.first):
        twice.case.report.refresh_from_db()
    draft = twice.case.report.draft_version
    outcomes = at_once([lambda: twice.finish(twice.first, base_version=draft).pk] * 4)
    assert len(set(outcomes)) == 1
    with in_hospital(twice.case.hospital):
        assert PreliminaryVersion.objects.count() == 1


def test_finishing_and_signing_at_once_leave_one_of_them(committed_db):
    """The second reader finishes in one tab and signs in another: never a signature before the own reading is kept."""
    twice = make_double()
    twice.read_first()
    twice.open(twice.second)
    twice.save(twice.second)
    with as_user(twice.second):
        twice.case.report.refresh_from_db()
    draft = twice.case.report.draft_version
    finished, signed = at_once(
        [lambda: twice.finish(twice.second, base_version=draft).kind, lambda: twice.case.sign(user=twice.second).state]
    )
    assert finished == "second"
    assert signed in ("requested", ReadingNotFinished)
    with in_hospital(twice.case.hospital):
        assert PreliminaryVersion.objects.filter(author=twice.second).count() == 1
