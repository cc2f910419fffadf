"""The Celery application: its tasks come from the installed apps, its schedule from flow.py."""

import gc
import os
from importlib import import_module

from celery import Celery
from celery.signals import import_modules, task_prerun, worker_process_init
from django.db import close_old_connections, connection

# As long as a task process keeps its connection to the database.
CONNECTION_SECONDS = 600

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "pacs_core.settings")

application = Celery("meridian")
application.config_from_object("django.conf:settings", namespace="CELERY")
application.autodiscover_tasks()


@import_modules.connect
def import_modules_of_periodic_tasks(sender: Celery, **_: object) -> None:
    """Know the tasks of an app that keeps them in several modules: whichever flow.py names."""
    from pacs_core import flow

    for module in sorted({name.rpartition(".")[0] for name in flow.PERIODIC_TASKS}):
        import_module(module)


@worker_process_init.connect
def leave_what_is_loaded_uncollected(**_: object) -> None:
    """Keep the garbage collector from walking what the process has loaded: a sixth of a large plan's time."""
    gc.collect()
    gc.freeze()


@worker_process_init.connect
def keep_the_database_connection(**_: object) -> None:
    """Let the tasks of a process share a connection, each looking whether it lives; a new one costs PostgreSQL a fork.

    The process has one thread: where there are many, one each would stay behind (CONN_MAX_AGE 0 in the settings).
    """
    connection.settings_dict |= {"CONN_MAX_AGE": CONNECTION_SECONDS, "CONN_HEALTH_CHECKS": True}
    task_prerun.connect(_look_at_connection, dispatch_uid="meridian-connection")


def _look_at_connection(**_: object) -> None:
    close_old_connections()


@application.on_after_finalize.connect
def schedule_periodic_tasks(sender: Celery, **_: object) -> None:
    """Beat only enqueues; each run takes its slot in the database first, so two beats give one run."""
    from pacs_core import flow

    for name, seconds in flow.PERIODIC_TASKS.items():
        sender.add_periodic_task(seconds, sender.signature(name), name=name, expires=max(2 * seconds, 30))
