"""A decision says who is in, with the score's parts, and who is out, with the first reason."""

import json
from typing import Any

import pytest

from routing_rules.engine.explanation import Candidate, Decision, explain
from routing_rules.engine.planning import plan
from routing_rules.engine.rules import Demand
from routing_rules.engine.snapshot import Kind, Snapshot
from tests.routing_rules.engine.arrange_snapshot import item, reader, snapshot


def decision_of(given: Snapshot, item_id: int = 1) -> Decision:
    return explain(given, plan(given), item_id)


def candidate(given: Snapshot, reader_id: int, item_id: int = 1) -> Candidate:
    return next(entry for entry in decision_of(given, item_id).candidates if entry.reader_id == reader_id)


def test_every_reader_is_a_candidate_once_the_best_first() -> None:
    decision = decision_of(snapshot([item(1)], [reader(1), reader(2, "neuro"), reader(3, available_until=None)]))
    assert [entry.reader_id for entry in decision.candidates] == [2, 1, 3]
    assert [entry.is_eligible for entry in decision.candidates] == [True, True, False]
    assert decision.reader_id == 2
    assert decision.summary == "Dr. 2, next on the list: best of 2 who may take it"


def test_parts_of_a_score_add_up() -> None:
    entry = candidate(snapshot([item(1, "stat")], [reader(1, is_idle=False, free_at=20.0)]), 1)
    assert entry.parts is not None
    assert entry.score == pytest.approx(sum(entry.parts.values()), abs=0.01)
    assert entry.reason == "Free in 20 min, 10 min to read, 0 min before the deadline, does not read neuro"


@pytest.mark.parametrize(
    ("demand", "values", "reason"),
    [
        (Demand(never_readers=("reader1@example.org",)), {}, "Kept out by a rule"),
        (Demand(require_subspecialty="body"), {}, "Does not read body"),
        (Demand(require_group="night"), {}, "Not in the group night"),
        (Demand(require_reader="reader2@example.org"), {}, "A rule asks for Dr. 2"),
        (
            Demand(hold_for_subspecialty="body", hold_share=0.6),
            {},
            "Held for body readers until 60% of the service level is used",
        ),
        (Demand(), {"available_until": None, "shift_words": "from 22:00"}, "Off shift, from 22:00"),
        (Demand(), {"is_on_call": True}, "On call: asked when the deadline is in danger"),
        (Demand(), {"maximum_open_items": 3, "open_items": 3}, "At the cap of 3 open items"),
        (Demand(), {"maximum_open_minutes": 60, "open_minutes": 61.0}, "At the cap of 60 waiting minutes"),
        (Demand(), {"is_resident": True}, "A resident reads first where two-tier reading is asked for"),
    ],
)
def test_first_reason_out_is_given_in_words(demand: Demand, values: dict[str, Any], reason: str) -> None:
    given = snapshot([item(1, demand=demand)], [reader(1, "neuro", **values), reader(2, "body")])
    assert candidate(given, 1).reason == reason
    assert not candidate(given, 1).is_eligible


def test_missing_right_comes_before_every_other_reason() -> None:
    kind = Kind("NORTH", ("CT",), "neuro", {"No licence for DE": (1,)})
    given = snapshot([item(1, demand=Demand(require_group="night"))], [reader(1, available_until=None)], (kind,))
    assert candidate(given, 1).reason == "No licence for DE"


def test_nobody_says_who_could_if_on_shift() -> None:
    kind = Kind("NORTH", ("CT",), "neuro", {"No credential at NORTH": (2,)})
    given = snapshot([item(1)], [reader(1, available_until=None), reader(2)], (kind,))
    decision = decision_of(given)
    assert decision.reader_id is None
    assert decision.summary == "Nobody who may read neuro CT at NORTH is on shift; one reader could, off shift now"


def test_pinned_item_says_so_for_everybody() -> None:
    given = snapshot([item(1, holder_id=1, is_pinned=True)], [reader(1), reader(2, "neuro")])
    assert decision_of(given).summary == "Dr. 1, next on the list: pinned by a person or a rule"
    assert candidate(given, 2).reason == "Pinned to Dr. 1 by a person or a rule"


def test_who_is_needed_for_other_work_is_named() -> None:
    stat = item(2, "stat", due_at=9.0)
    readers = [reader(1, "neuro"), reader(2)]
    decision = decision_of(snapshot([item(1, "stat", due_at=20.0, kind=1), stat], readers, (KIND, OTHER)), item_id=1)
    assert decision.reader_id == 2
    assert decision.summary.endswith("best of 2 who may take it") or "is needed for other work" in decision.summary


KIND = Kind("NORTH", ("CT",), "neuro")
OTHER = Kind("NORTH", ("CT",), "")


def test_explanation_goes_through_json_unchanged() -> None:
    given = snapshot([item(1), item(2, "stat")], [reader(1, "neuro"), reader(2, burden=0.2)])
    again = Snapshot.from_dict(json.loads(json.dumps(given.as_dict())))
    first, second = decision_of(given).as_dict(), decision_of(again).as_dict()
    assert json.dumps(first, sort_keys=True) == json.dumps(second, sort_keys=True)
