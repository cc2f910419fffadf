"""Replay: the same facts under the same rules ask the same, and the same snapshot gives the same plan, bit for bit."""

import hashlib
import json
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import QuerySet

from routing_rules.engine.explanation import Explainer
from routing_rules.engine.planning import plan
from routing_rules.engine.snapshot import Plan, Snapshot
from routing_rules.models import AssignmentDecision, PlanningRun
from routing_rules.selectors.demands import rules_ready
from routing_rules.services.decisions import canonical_json

# A snapshot holds the whole network's list: after this it is no longer needed to answer for a decision.
DAYS_SNAPSHOTS_ARE_KEPT = 90
_RUNS_AT_ONCE = 500


@dataclass(frozen=True)
class Replayed:
    """What came of replaying one decision: "" in `difference` when it came out the same.

    `has_snapshot` False: the decision was made before there were plans, or its snapshot was emptied for its age; then
    only the demand was replayed.
    """

    decision_id: int
    worklist_item_id: int
    has_snapshot: bool
    difference: str = ""


class RunReplay:
    """One stored run planned again; serves all its decisions."""

    def __init__(self, run: PlanningRun) -> None:
        self.run = run
        self.difference = ""
        self.planned: Plan | None = None
        if not run.snapshot:
            return
        text = zlib.decompress(bytes(run.snapshot))
        if hashlib.sha256(text).hexdigest() != run.snapshot_sha256:
            self.difference = "The stored snapshot is not the one that was planned from"
            return
        snapshot = Snapshot.from_dict(json.loads(text))
        self.planned = plan(snapshot)
        self.explainer = Explainer(snapshot, self.planned)
        if {str(item): reader for item, reader in self.planned.reader_of().items()} != run.plan:
            self.difference = "The plan gives some item to another reader"

    def difference_of(self, decision: AssignmentDecision) -> str:
        """Return how the decision comes out otherwise than it was stored, "" when it does not."""
        if self.difference or self.planned is None:
            return self.difference
        again = self.explainer.explain(decision.worklist_item_id).as_dict()
        if again["reader_id"] != decision.chosen_id:
            return f"Another reader: {again['reader_id']} instead of {decision.chosen_id}"
        if canonical_json(again) != canonical_json(decision.decision):
            return "The same reader for other reasons"
        return ""


def replay_decision(decision: AssignmentDecision, run: RunReplay | None = None) -> Replayed:
    """Replay one decision, needs rule_set and planning_run loaded; `run` serves many decisions of one run."""
    if run is None and decision.planning_run is not None:
        run = RunReplay(decision.planning_run)
    has_snapshot = run is not None and bool(run.run.snapshot)
    difference = _demand_difference(decision) or (run.difference_of(decision) if run else "")
    return Replayed(decision.pk, decision.worklist_item_id, has_snapshot, difference)


def replay_decisions(
    *, since: datetime | None = None, on_progress: Callable[[float], None] = lambda share: None
) -> Iterator[Replayed]:
    """Replay the decisions of the open scope since an instant, run by run, the oldest first."""
    decisions = AssignmentDecision.objects.select_related("rule_set").order_by("planning_run_id", "pk")
    if since is not None:
        decisions = decisions.filter(decided_at__gte=since)
    total = decisions.count()
    run: RunReplay | None = None
    for done, decision in enumerate(decisions.iterator(chunk_size=200), start=1):
        if decision.planning_run_id is None:
            run = None
        elif run is None or run.run.pk != decision.planning_run_id:
            run = RunReplay(PlanningRun.objects.get(pk=decision.planning_run_id))
        yield replay_decision(decision, run)
        on_progress(done / total)


def empty_old_snapshots(*, now: datetime) -> int:
    """Empty the snapshots past their time, some at once; return how many. Decisions and their reasons stay."""
    old = _old_runs(now).order_by("pk").values_list("pk", flat=True)[:_RUNS_AT_ONCE]
    return PlanningRun.objects.filter(pk__in=list(old)).update(snapshot=b"")


def _old_runs(now: datetime) -> QuerySet[PlanningRun]:
    before = now - timedelta(days=DAYS_SNAPSHOTS_ARE_KEPT)
    return PlanningRun.objects.filter(planned_at__lt=before).exclude(snapshot=b"")


def _demand_difference(decision: AssignmentDecision) -> str:
    """Say whether the stored facts ask for something else under the stored rules; decisions of old hold no demand."""
    if not decision.demand:
        return ""
    again = rules_ready(decision.rule_set).book.demand_of(decision.facts).as_dict()
    return "" if canonical_json(again) == canonical_json(decision.demand) else "The rules ask for something else"
