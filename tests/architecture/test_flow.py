"""The composition root holds: every name resolves, every periodic task is one, every task is durable, Celery is set."""

import ast
import gc
from collections.abc import Iterable
from datetime import timedelta

import pytest
from celery.signals import worker_process_init
from django.conf import settings
from django.utils.module_loading import import_string

from pacs_core import flow
from pacs_core.celery import application, leave_what_is_loaded_uncollected
from pacs_core.events.durable_task import DurableTask
from tests.architecture.sources import python_files, syntax_tree, text_of

OURS = ("pacs_core.", "hospitals.", "worklist.", "routing_rules.", "reporting.")
application.loader.import_default_modules()
TASKS = {name: task for name, task in application.tasks.items() if name.startswith(OURS)}


def named_objects() -> Iterable[str]:
    for handlers in flow.EVENT_HANDLERS.values():
        yield from handlers
    for table in (flow.HL7_MESSAGES, flow.DIMSE_SERVICES, flow.RESOLVERS, flow.WEBSOCKETS):
        yield from table.values()
    yield from flow.DEMONSTRATION_LOADERS


@pytest.mark.parametrize("name", sorted(set(named_objects())))
def test_every_name_of_flow_resolves(name: str) -> None:
    assert callable(import_string(name))


def test_a_name_is_a_function_of_its_own_module() -> None:
    """A handler that only passes through another module would hide where the work is done."""
    for name in named_objects():
        found = import_string(name)
        if name.startswith(OURS):
            assert f"{found.__module__}.{found.__qualname__}" == name


@pytest.mark.parametrize("name", sorted(flow.PERIODIC_TASKS))
def test_periodic_task_is_registered_under_this_name(name: str) -> None:
    assert name in application.tasks
    assert flow.PERIODIC_TASKS[name] > 0


def test_a_worker_does_not_walk_what_it_has_loaded_for_garbage() -> None:
    # Not by sending the signal: what else hears it would change this process for all tests that follow.
    assert leave_what_is_loaded_uncollected in worker_process_init._live_receivers(None)
    before = gc.get_freeze_count()
    try:
        leave_what_is_loaded_uncollected()
        assert gc.get_freeze_count() > before + 10_000
    finally:
        gc.unfreeze()


def test_beat_schedules_exactly_the_tasks_of_flow() -> None:
    application.finalize()
    schedule = {name: entry["schedule"] for name, entry in application.conf.beat_schedule.items()}
    assert schedule == flow.PERIODIC_TASKS


@pytest.mark.parametrize("name", sorted(TASKS))
def test_every_task_is_durable(name: str) -> None:
    task = TASKS[name]
    assert isinstance(task, DurableTask)
    assert (task.acks_late, task.reject_on_worker_lost, task.ignore_result) == (True, True, True)


def test_tasks_run_in_workers_only() -> None:
    assert not application.conf.task_always_eager
    assert not getattr(settings, "CELERY_TASK_ALWAYS_EAGER", False)


def test_a_message_outlives_the_longest_task() -> None:
    """Redis gives a message that is not acknowledged in time to a second worker (celery/kombu#337)."""
    options = application.conf.broker_transport_options
    assert application.conf.task_time_limit
    assert timedelta(seconds=options["visibility_timeout"]) > timedelta(seconds=application.conf.task_time_limit)


def test_a_lost_worker_loses_no_task() -> None:
    assert application.conf.task_acks_late
    assert application.conf.task_reject_on_worker_lost
    assert application.conf.worker_prefetch_multiplier == 1
    assert application.conf.broker_url.startswith(("redis://", "rediss://", "redis+socket://"))


@pytest.mark.parametrize("keyword", ["eta", "countdown"])
def test_nothing_waits_in_the_broker(keyword: str) -> None:
    """Due times are rows that beat sweeps; a message with an eta is delivered twice once it waits too long."""
    waiting = [
        f"{path}:{node.lineno}"
        for path in python_files()
        for node in ast.walk(syntax_tree(path))
        if isinstance(node, ast.Call) and any(argument.arg == keyword for argument in node.keywords)
    ]
    assert waiting == []


def test_every_event_is_emitted_by_somebody() -> None:
    texts = [text_of(path) for path in python_files() if path.parts[0] != "tests" and path.name != "flow.py"]
    assert [event for event in flow.EVENT_HANDLERS if not any(f'"{event}"' in text for text in texts)] == []
