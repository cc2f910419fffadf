"""The Celery application: its tasks come from the installed apps, its schedule from flow.py."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "pacs_core.settings")

application = Celery("meridian")
application.config_from_object("django.conf:settings", namespace="CELERY")
application.autodiscover_tasks()


@application.on_after_finalize.connect
def schedule_periodic_tasks(sender: Celery, **_: object) -> None:
    """Beat only enqueues; each run takes its slot in the database first, so two beats give one run."""
    from pacs_core import flow

    for name, seconds in flow.PERIODIC_TASKS.items():
        sender.add_periodic_task(seconds, sender.signature(name), name=name, expires=max(2 * seconds, 30))
