"""Celery tasks of trials."""

from django.utils import timezone

from pacs_core.events.durable_task import durable_task, periodic_task
from routing_rules.services.trials import carry_out, prune_trials, waiting_trials


@durable_task
def carry_out_trial(trial_id: int) -> None:
    """Do the trial, then wake the next that waits; a trial that finds another running is left to that one's end."""
    if carry_out(trial_id=trial_id):
        for following in waiting_trials(timezone.now())[:1]:
            carry_out_trial.enqueue(following)


@periodic_task(every_seconds=15)
def sweep_trials() -> None:
    """Begin the first trial whose message or worker was lost."""
    for trial_id in waiting_trials(timezone.now())[:1]:
        carry_out_trial.enqueue(trial_id)


@periodic_task(every_seconds=86_400)
def prune_old_trials() -> None:
    prune_trials(timezone.now())
