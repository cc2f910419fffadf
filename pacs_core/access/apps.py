from django.apps import AppConfig


class AccessConfig(AppConfig):
    name = "pacs_core.access"
    label = "access"

    def ready(self) -> None:
        from django.db.backends.signals import connection_created

        from pacs_core.access import checks, guard  # noqa: F401  registers the system checks

        connection_created.connect(guard.install_scope_guard, dispatch_uid="meridian-scope-guard")
