"""The Celery application: its tasks come from the installed apps, its schedule from flow.py."""

import gc
import os
from importlib import import_module

from celery import Celery
from celery.signals import import_modules, worker_process_init

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


@application.on_after_finalize.connect
def schedule_periodic_tasks(sender: Celery, **_: object) -> None:
    """Beat only enqueues; each run takes its slot in the database first, so two beats give one run."""
    from pacs_core import flow

    for name, seconds in flow.PERIODIC_TASKS.items():
        sender.add_periodic_task(seconds, sender.signature(name), name=name, expires=max(2 * seconds, 30))
