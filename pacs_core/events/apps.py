from importlib import import_module

from django.apps import AppConfig


class EventsConfig(AppConfig):
    name = "pacs_core.events"
    label = "events"

    def ready(self) -> None:
        # Every process that enqueues must do so through this application, not through Celery's default one.
        import_module("pacs_core.celery")
        from pacs_core.events import checks, heartbeat  # noqa: F401  registers the check and the worker's first beat
