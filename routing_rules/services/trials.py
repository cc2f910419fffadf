"""Trials as background jobs: asked for, carried out by one worker at a time, stopped, pruned.

One trial runs at a time in the whole network, so that live work never waits for the others. Its row carries its
progress and a sign of life; a trial whose worker was lost is begun again, at most MOST_ATTEMPTS times.
"""

import logging
import time
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction
from django.db.models import F, Q
from django.utils import timezone

from hospitals.models import User
from hospitals.models.reading import SUBSPECIALTIES
from hospitals.selectors.rota import RotaChange
from pacs_core.access.scopes import current_scope
from pacs_core.audit.services import record_audit
from routing_rules.engine.rules import check_rules
from routing_rules.errors import InvalidRule, NoRuleSetPublished, TrialNotAllowed
from routing_rules.models import RuleSet, Trial
from routing_rules.selectors.rule_sets import rule_set_in_force
from routing_rules.services.trial_replay import replay
from routing_rules.services.trial_simulation import simulate_coming_days

logger = logging.getLogger(__name__)
Status = Trial.Status
_LOCK = 7_301_011
MOST_DAYS_REPLAYED, MOST_DAYS_SIMULATED, MOST_RUNS = 90, 7, 50
# So many of one person may wait or run at a time.
MOST_UNDER_WAY = 5
MOST_ATTEMPTS = 3
SILENT_FOR = timedelta(minutes=2)
KEPT_FOR = timedelta(days=90)
# A worker is stopped after ten minutes: the trial ends itself before, in words.
LONGEST_SECONDS = 540
_SECONDS_BETWEEN_SIGNS = 1.0


class _Stopped(Exception):
    """The trial was cancelled, or another worker has it by now."""


class _TookTooLong(Exception):
    """The trial would not end in time."""


@transaction.atomic
def request_replay(
    *, user: User, days: int, rule_set: RuleSet | None, rota_changes: Iterable[RotaChange] = (), now: datetime
) -> Trial:
    """Write down that the last `days` are to be replayed with a rule set (None: the one in force) and a changed rota.

    The rules are copied: what was tried stays known when the draft changes. Raises TrialNotAllowed.
    """
    _check_days(days, MOST_DAYS_REPLAYED)
    in_force = _in_force()
    tried = rule_set if rule_set is not None and rule_set.pk != in_force.pk else None
    if tried is not None:
        _check_rules(tried)
    parameters = {
        "days": days,
        "until": now.isoformat(),
        "rules_in_force": in_force.rules,
        "version_in_force": in_force.version,
        "rules": tried.rules if tried else None,
        "rule_set": _named(tried),
        "rota_changes": [change.as_json() for change in rota_changes],
    }
    return _request(Trial.Kind.REPLAY, parameters, user, now)


@transaction.atomic
def request_simulation(
    *,
    user: User,
    days: int,
    runs: int,
    seed: int,
    rule_set: RuleSet | None,
    rota_changes: Iterable[RotaChange] = (),
    now: datetime,
) -> Trial:
    """Write down that the coming `days` are to be simulated, `runs` times from `seed`. Raises TrialNotAllowed."""
    _check_days(days, MOST_DAYS_SIMULATED)
    if not 1 <= runs <= MOST_RUNS:
        raise TrialNotAllowed(f"Between 1 and {MOST_RUNS} runs can be simulated.")
    in_force = _in_force()
    chosen = rule_set or in_force
    _check_rules(chosen)
    parameters = {
        "days": days,
        "runs": runs,
        "seed": seed,
        "until": now.isoformat(),
        "rules": chosen.rules,
        "version_in_force": in_force.version,
        "rule_set": _named(chosen) if chosen.pk != in_force.pk else None,
        "rota_changes": [change.as_json() for change in rota_changes],
    }
    return _request(Trial.Kind.SIMULATION, parameters, user, now)


@transaction.atomic
def cancel_trial(*, trial: Trial, now: datetime) -> bool:
    """Stop a trial that waits or runs; return False when it had ended already. Its worker notices within a second."""
    under_way = Trial.objects.filter(pk=trial.pk, status__in=(Status.WAITING, Status.RUNNING))
    if under_way.update(status=Status.CANCELLED, finished_at=now, progress_words="Cancelled") == 0:
        return False
    record_audit(action="trial.cancelled", object_type="trial", object_id=trial.pk)
    return True


def carry_out(*, trial_id: int) -> bool:
    """Do a trial that waits, or whose worker was lost; False when there is nothing to do now. Safe to call again."""
    trial = _take(trial_id, timezone.now())
    if trial is None:
        return False
    told = _Progress(trial)
    try:
        result = _result_of(trial, told)
    except _Stopped:
        return False
    except _TookTooLong:
        _fail(trial, "It would take longer than nine minutes. Maybe try fewer days or fewer runs.")
    except Exception:
        # A process's edge: whatever went wrong, the coordinator sees that it did, and the log why.
        logger.exception("Trial %s failed", trial.pk)
        _fail(trial, f"It could not be worked out. Maybe an administrator finds trial {trial.pk} in the log.")
    else:
        _of_attempt(trial).update(
            status=Status.DONE, progress=1.0, progress_words="Done", result=result, finished_at=timezone.now()
        )
    return True


def waiting_trials(now: datetime) -> list[int]:
    """Return the trials that a worker may begin, the one asked for first in front."""
    free = Trial.objects.filter(Q(status=Status.WAITING) | Q(status=Status.RUNNING, heartbeat_at__lt=now - SILENT_FOR))
    return list(free.order_by("pk").values_list("pk", flat=True))


def prune_trials(now: datetime) -> int:
    """Remove trials older than KEPT_FOR."""
    old = Trial.objects.filter(created_at__lt=now - KEPT_FOR).exclude(status__in=(Status.WAITING, Status.RUNNING))
    return old.delete()[0]


def _result_of(trial: Trial, told: "_Progress") -> dict[str, Any]:
    parameters = trial.parameters
    shared: dict[str, Any] = {
        "days": parameters["days"],
        "now": datetime.fromisoformat(parameters["until"]),
        "hospital_ids": frozenset(trial.hospital_ids),
        "rota_changes": [RotaChange.from_json(change) for change in parameters["rota_changes"]],
        "tell": told,
    }
    if trial.kind == Trial.Kind.REPLAY:
        return replay(rules_in_force=parameters["rules_in_force"], rules_tried=parameters["rules"], **shared)
    return simulate_coming_days(rules=parameters["rules"], runs=parameters["runs"], seed=parameters["seed"], **shared)


class _Progress:
    """Writes progress and a sign of life at most once a second; raises when the trial is no longer this worker's."""

    def __init__(self, trial: Trial) -> None:
        self.trial, self.began, self.last = trial, time.monotonic(), 0.0
        self.words = ""

    def __call__(self, share: float, words: str) -> None:
        now = time.monotonic()
        if now - self.began > LONGEST_SECONDS:
            raise _TookTooLong
        if words == self.words and now - self.last < _SECONDS_BETWEEN_SIGNS:
            return
        self.last, self.words = now, words
        told = _of_attempt(self.trial).update(
            progress=min(0.99, share), progress_words=words, heartbeat_at=timezone.now()
        )
        if told == 0:
            raise _Stopped


@transaction.atomic
def _take(trial_id: int, now: datetime) -> Trial | None:
    """Take the trial for this worker, unless it is not to be had or another trial runs."""
    with connection.cursor() as cursor:
        cursor.execute("select pg_advisory_xact_lock(%s)", [_LOCK])
    alive = Trial.objects.filter(status=Status.RUNNING, heartbeat_at__gte=now - SILENT_FOR)
    if alive.exists() or trial_id not in waiting_trials(now):
        return None
    free = Trial.objects.filter(pk=trial_id)
    lost = free.filter(attempts__gte=MOST_ATTEMPTS)
    if lost.update(
        status=Status.FAILED,
        finished_at=now,
        error=f"Its worker was lost {MOST_ATTEMPTS} times. Maybe try fewer days.",
    ):
        return None
    free.update(
        status=Status.RUNNING,
        attempts=F("attempts") + 1,
        started_at=now,
        heartbeat_at=now,
        progress=0,
        progress_words="Begun",
    )
    return free.get()


def _of_attempt(trial: Trial) -> Any:
    """Return the trial's row as long as it is this worker's: not cancelled, not begun by another one."""
    return Trial.objects.filter(pk=trial.pk, status=Status.RUNNING, attempts=trial.attempts)


def _fail(trial: Trial, words: str) -> None:
    _of_attempt(trial).update(status=Status.FAILED, error=words[:300], finished_at=timezone.now())


def _request(kind: str, parameters: dict[str, Any], user: User, now: datetime) -> Trial:
    under_way = Trial.objects.filter(created_by=user, status__in=(Status.WAITING, Status.RUNNING))
    if under_way.count() >= MOST_UNDER_WAY:
        raise TrialNotAllowed(f"{MOST_UNDER_WAY} of your trials are under way. Maybe wait for one, or cancel one.")
    trial = Trial.objects.create(
        kind=kind,
        parameters=parameters,
        hospital_ids=sorted(current_scope().hospital_ids),
        progress_words="Waiting for a worker",
        created_by=user,
        created_at=now,
    )
    record_audit(action="trial.requested", object_type="trial", object_id=trial.pk, detail={"kind": str(kind)})
    return trial


def _check_days(days: int, most: int) -> None:
    if not 1 <= days <= most:
        raise TrialNotAllowed(f"Between 1 and {most} days can be tried.")


def _in_force() -> RuleSet:
    try:
        return rule_set_in_force()
    except NoRuleSetPublished as error:
        raise TrialNotAllowed("No rules are in force yet. Maybe publish a rule set first.") from error


def _check_rules(rule_set: RuleSet) -> None:
    try:
        check_rules(rule_set.rules, subspecialties=SUBSPECIALTIES)
    except InvalidRule as error:
        raise TrialNotAllowed(f"These rules cannot be tried yet: {error.reason} ({error.place}).") from error


def _named(rule_set: RuleSet | None) -> dict[str, Any] | None:
    if rule_set is None:
        return None
    return {"id": rule_set.pk, "version": rule_set.version, "name": rule_set.name, "edit": rule_set.edit_number}
