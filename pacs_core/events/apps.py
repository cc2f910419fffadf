from django.apps import AppConfig


class EventsConfig(AppConfig):
    name = "pacs_core.events"
    label = "events"

    def ready(self) -> None:
        from pacs_core.events import checks, heartbeat  # noqa: F401  registers the check and the worker's first beat
