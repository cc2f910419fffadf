"""Many saves on one version at once: one wins, everyone else is shown the winner's text."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor

from django.db import connections

from reporting.models import DraftVersion
from reporting.services import drafts
from reporting.services.drafts import DraftConflict, DraftSaved
from tests.reporting.arrange import make_case
from tests.story import in_hospital

TABS = 8


def save_at_once(case):
    """Save another text from each tab on version 1 at the same moment; return outcomes and errors."""
    start = threading.Barrier(TABS)

    def save(tab):
        try:
            start.wait(timeout=30)
            return case.save(1, findings=f"Tab {tab}.")
        except Exception as error:
            return error
        finally:
            connections.close_all()

    with ThreadPoolExecutor(TABS) as tabs:
        return list(tabs.map(save, range(TABS)))


def test_of_many_saves_on_one_version_exactly_one_wins(committed_db):
    case = make_case()
    outcomes = save_at_once(case)
    (winner,) = [outcome for outcome in outcomes if isinstance(outcome, DraftSaved)]
    conflicts = [outcome for outcome in outcomes if isinstance(outcome, DraftConflict)]
    assert (winner.version, len(conflicts)) == (2, TABS - 1)
    with in_hospital(case.hospital):
        saved = DraftVersion.objects.get(number=2)
        assert DraftVersion.objects.count() == 2
    assert {conflict.sections["findings"] for conflict in conflicts} == {saved.sections["findings"]}


def test_without_the_row_lock_the_saves_collide(committed_db, monkeypatch):
    """The twin: with the lock off the race is real, and losers get an error instead of the winner's text."""
    case = make_case()
    unlocked = drafts.Report.objects.select_related("worklist_item__study__patient", "worklist_item__order", "hospital")
    monkeypatch.setattr(drafts, "lock_report", lambda report_id: unlocked.get(pk=report_id))
    read_draft = drafts.current_draft
    monkeypatch.setattr(drafts, "current_draft", lambda report: (read_draft(report), time.sleep(0.2))[0])
    outcomes = save_at_once(case)
    assert any(isinstance(outcome, Exception) for outcome in outcomes)
