"""Celery tasks of the procedure map."""

import contextlib

from pacs_core.access.scopes import all_hospitals_scope, open_scope
from pacs_core.events.durable_task import durable_task, periodic_task
from routing_rules.errors import LearningUnderWay
from routing_rules.models import LearningRun
from routing_rules.services.reading_times import carry_out, request_learning


@durable_task
def carry_out_learning_run(learning_run_id: int) -> None:
    carry_out(learning_run_id=learning_run_id)


@periodic_task(every_seconds=86_400)
def learn_daily() -> None:
    """Learn from yesterday too, unless somebody has just asked for it."""
    with contextlib.suppress(LearningUnderWay), open_scope(all_hospitals_scope(process="learning")):
        carry_out_learning_run.delay_on_commit(request_learning().pk)


@periodic_task(every_seconds=30)
def sweep_learning_runs() -> None:
    """Begin runs whose message or worker was lost."""
    for run_id in LearningRun.objects.filter(status__in=("waiting", "running")).values_list("pk", flat=True):
        carry_out(learning_run_id=run_id)
