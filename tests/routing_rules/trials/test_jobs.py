"""Trials as background jobs: one at a time, begun again when their worker was lost, cancelled, pruned."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from hospitals.models import User
from pacs_core.access.errors import NotVisible
from routing_rules.errors import TrialNotAllowed
from routing_rules.models import RuleSet, Trial
from routing_rules.selectors.trials import trial_numbered, visible_trials
from routing_rules.services import trials
from routing_rules.services.rule_sets import publish_rule_set
from routing_rules.services.trials import (
    MOST_ATTEMPTS,
    MOST_UNDER_WAY,
    cancel_trial,
    carry_out,
    prune_trials,
    request_replay,
    request_simulation,
    waiting_trials,
)
from routing_rules.tasks_trials import carry_out_trial, sweep_trials
from tests.routing_rules.trials.arrange import ANY_READER, make_trial
from tests.story import as_user, make_hospital, make_radiologist, make_user, see_all

pytestmark = pytest.mark.django_db


@pytest.fixture
def olga() -> User:
    north = make_hospital("NORTH")
    make_radiologist(north)
    with see_all():
        publish_rule_set(rules=ANY_READER)
    return make_user("coordinator", north)


def ask(user: User, **fields: Any) -> Trial:
    with as_user(user):
        return request_replay(user=user, **({"days": 1, "rule_set": None, "now": timezone.now()} | fields))


def test_a_trial_is_carried_out_once(olga: User) -> None:
    trial = ask(olga)
    assert (trial.status, trial.progress_words) == ("waiting", "Waiting for a worker")
    assert carry_out(trial_id=trial.pk)
    trial.refresh_from_db()
    assert (trial.status, trial.progress, trial.attempts, trial.error) == ("done", 1.0, 1, "")
    assert trial.result is not None
    assert trial.result["columns"] == ["happened", "in_force"]
    assert not carry_out(trial_id=trial.pk)


def test_a_simulation_of_an_empty_network_says_so_and_does_not_fail(olga: User) -> None:
    with as_user(olga):
        trial = request_simulation(user=olga, days=1, runs=2, seed=7, rule_set=None, now=timezone.now())
    assert carry_out(trial_id=trial.pk)
    trial.refresh_from_db()
    assert (trial.status, trial.error) == ("done", "")
    assert trial.result is not None
    assert (trial.result["history_items"], len(trial.result["hours"])) == (0, 24)


def test_what_was_tried_stays_known_when_the_draft_changes(olga: User) -> None:
    draft = RuleSet.objects.create(
        status="draft", published_at=None, name="Night", rules=[{"name": "x", "when": {}, "then": {}}]
    )
    trial = ask(olga, rule_set=draft)
    RuleSet.objects.filter(pk=draft.pk).update(rules=ANY_READER)
    trial.refresh_from_db()
    assert trial.parameters["rules"][0]["name"] == "x"
    assert trial.parameters["rule_set"]["name"] == "Night"


def test_a_draft_that_cannot_be_checked_is_refused_in_words(olga: User) -> None:
    draft = RuleSet.objects.create(status="draft", published_at=None, rules=[{"name": "x", "when": {"fact": "age"}}])
    with pytest.raises(TrialNotAllowed, match="cannot be tried yet"):
        ask(olga, rule_set=draft)
    assert not Trial.objects.exists()


@pytest.mark.parametrize("days", [0, 91])
def test_days_out_of_range_are_refused(olga: User, days: int) -> None:
    with pytest.raises(TrialNotAllowed, match="Between 1 and 90"):
        ask(olga, days=days)


def test_nobody_fills_the_queue_alone(olga: User) -> None:
    for _ in range(MOST_UNDER_WAY):
        ask(olga)
    with pytest.raises(TrialNotAllowed, match="under way"):
        ask(olga)


def test_one_trial_runs_at_a_time(olga: User) -> None:
    now = timezone.now()
    make_trial(olga, status="running", heartbeat_at=now, attempts=1)
    waits = ask(olga)
    assert not carry_out(trial_id=waits.pk)
    waits.refresh_from_db()
    assert waits.status == "waiting"


def test_a_trial_whose_worker_was_lost_is_begun_again(olga: User) -> None:
    trial = ask(olga)
    silent = timezone.now() - timedelta(minutes=3)
    Trial.objects.filter(pk=trial.pk).update(status="running", attempts=1, heartbeat_at=silent)
    assert waiting_trials(timezone.now()) == [trial.pk]
    assert carry_out(trial_id=trial.pk)
    trial.refresh_from_db()
    assert (trial.status, trial.attempts) == ("done", 2)


def test_a_trial_whose_workers_are_lost_again_and_again_fails_visibly(olga: User) -> None:
    trial = ask(olga)
    silent = timezone.now() - timedelta(minutes=3)
    Trial.objects.filter(pk=trial.pk).update(status="running", attempts=MOST_ATTEMPTS, heartbeat_at=silent)
    assert not carry_out(trial_id=trial.pk)
    trial.refresh_from_db()
    assert trial.status == "failed"
    assert "worker was lost" in trial.error


def _during(monkeypatch: pytest.MonkeyPatch, happens: Callable[[], object]) -> None:
    """Let something happen while the trial is worked out."""

    def replay(*, tell: Callable[[float, str], None], **_values: Any) -> dict[str, Any]:
        tell(0.2, "Reading")
        happens()
        tell(0.5, "Comparing")
        return {"columns": []}

    monkeypatch.setattr(trials, "replay", replay)


def test_a_cancelled_trial_is_left_at_the_next_sign_of_life(olga: User, monkeypatch: pytest.MonkeyPatch) -> None:
    trial = ask(olga)

    def cancel() -> bool:
        with as_user(olga):
            return cancel_trial(trial=trial, now=timezone.now())

    _during(monkeypatch, cancel)
    assert not carry_out(trial_id=trial.pk)
    trial.refresh_from_db()
    assert (trial.status, trial.result) == ("cancelled", None)
    assert not cancel()


def test_a_worker_thought_lost_writes_nothing_after_another(olga: User, monkeypatch: pytest.MonkeyPatch) -> None:
    trial = ask(olga)
    _during(monkeypatch, lambda: Trial.objects.filter(pk=trial.pk).update(attempts=2))
    assert not carry_out(trial_id=trial.pk)
    trial.refresh_from_db()
    assert (trial.status, trial.attempts, trial.result) == ("running", 2, None)


def test_what_goes_wrong_is_said_without_details(olga: User, monkeypatch: pytest.MonkeyPatch) -> None:
    def breaks() -> None:
        raise ValueError("DOE^JANE")

    trial = ask(olga)
    _during(monkeypatch, breaks)
    carry_out(trial_id=trial.pk)
    trial.refresh_from_db()
    assert trial.status == "failed"
    assert str(trial.pk) in trial.error
    assert "DOE" not in trial.error


def test_a_trial_that_would_not_end_in_time_says_what_to_do(olga: User, monkeypatch: pytest.MonkeyPatch) -> None:
    trial = ask(olga)
    monkeypatch.setattr(trials, "LONGEST_SECONDS", -1)
    carry_out(trial_id=trial.pk)
    trial.refresh_from_db()
    assert trial.status == "failed"
    assert "fewer days" in trial.error


def test_the_sweep_begins_what_lost_its_message(olga: User, monkeypatch: pytest.MonkeyPatch) -> None:
    begun: list[int] = []
    monkeypatch.setattr(carry_out_trial, "enqueue", begun.append)
    first, _second = ask(olga), ask(olga)
    sweep_trials()
    assert begun == [first.pk]


def test_old_trials_are_pruned_young_and_running_ones_stay(olga: User) -> None:
    now = timezone.now()
    old = make_trial(olga, created_at=now - timedelta(days=91))
    young = make_trial(olga, created_at=now - timedelta(days=89))
    running = make_trial(olga, created_at=now - timedelta(days=91), status="running", heartbeat_at=now)
    assert prune_trials(now) == 1
    assert set(Trial.objects.values_list("pk", flat=True)) == {young.pk, running.pk}
    assert not Trial.objects.filter(pk=old.pk).exists()


def test_a_trial_over_hospitals_that_one_may_not_see_is_not_seen(olga: User) -> None:
    north, south = olga.hospitals.get(), make_hospital("SOUTH")
    wide = make_user("coordinator", north, south)
    own, both = make_trial(olga, north), make_trial(wide, north, south)
    with as_user(olga):
        assert list(visible_trials()) == [own]
        with pytest.raises(NotVisible):
            trial_numbered(both.pk)
    with as_user(wide):
        assert set(visible_trials()) == {own, both}
