"""A snapshot keeps everything on its way through JSON."""

import json

from routing_rules.engine.rules import Demand
from routing_rules.engine.snapshot import ItemState, Kind, Level, Prospect, ReaderState, Snapshot
from routing_rules.engine.weights import EngineWeights


def test_snapshot_is_equal_after_a_way_through_json() -> None:
    snapshot = Snapshot(
        taken_at="2026-03-01T10:00:00+00:00",
        rule_set_version=3,
        levels={"stat": Level(30, 10), "routine": Level(720, 1)},
        kinds=(Kind("NORTH", ("CT",), "neuro", {"No credential at NORTH": (2, 5)}),),
        items=(
            ItemState(
                item_id=7,
                kind=0,
                demand=Demand(require_subspecialty="neuro", never_readers=("a@example.org",), matched=("Heads",)),
                priority="stat",
                due_at=-2.5,
                service_level_minutes=30,
                expected_minutes=8.5,
                relative_value=1.2,
                excluded={"Has given it back": (5,)},
            ),
        ),
        readers=(ReaderState(2, "Dr. Roth", "a@example.org", frozenset({"neuro", "body"}), frozenset({"night"})),),
        prospect=Prospect(15.0, (0.0, 30.0), (0.0, 25.5), {"stat": 0.2}, 0.9),
        weights=EngineWeights(mismatch=5.0),
    )
    assert Snapshot.from_dict(json.loads(json.dumps(snapshot.as_dict()))) == snapshot
