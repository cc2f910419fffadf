"""Run the DICOM server: on DIMSE_PORT, and over TLS on DIMSE_TLS_PORT."""

from argparse import ArgumentParser
from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.core.checks import Tags
from django.core.management.base import BaseCommand, CommandError

from pacs_core.archive import tasks  # noqa: F401  what storing enqueues: not imported between an image and its answer
from pacs_core.celery import application
from pacs_core.network.dimse.supervisor import Supervisor
from pacs_core.network.errors import PortTaken, TlsNotConfigured
from pacs_core.network.tls.profile import server_context


class Command(BaseCommand):
    help = "Run the DICOM server in several worker processes that share its port, and the one with TLS."
    # The other checks import every page and template of the web process.
    requires_system_checks: Sequence[str] = (Tags.security,)

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--host", default="0.0.0.0", help="address to listen on (default: all)")
        parser.add_argument("--port", type=int, default=settings.DIMSE_PORT, help="default: DIMSE_PORT")
        parser.add_argument(
            "--tls-port", type=int, default=settings.DIMSE_TLS_PORT, help="default: DIMSE_TLS_PORT; without one no TLS"
        )
        parser.add_argument("--workers", type=int, default=settings.DIMSE_WORKERS, help="default: DIMSE_WORKERS")

    def handle(self, *args: Any, **options: Any) -> None:
        for folder in (settings.INCOMING_ROOT, settings.STORAGE_ROOT):
            folder.mkdir(parents=True, exist_ok=True)
        # Storing enqueues tasks of this application. Loading its transport takes a second, spent here, before the fork,
        # and not between the first instance and its answer; nothing is connected yet.
        application.connection_for_write().release()
        supervisor = Supervisor(
            host=options["host"],
            port=options["port"],
            tls_port=options["tls_port"],
            workers=max(1, options["workers"]),
        )
        try:
            if options["tls_port"]:
                server_context()  # what is missing is told before anything is started
            supervisor.run(on_listening=lambda: self._say_listening(options))
        except (PortTaken, TlsNotConfigured) as error:
            raise CommandError(str(error)) from error

    def _say_listening(self, options: dict[str, Any]) -> None:
        secured = f", over TLS on port {options['tls_port']}" if options["tls_port"] else ""
        title, port, workers = settings.DIMSE_AE_TITLE, options["port"], options["workers"]
        self.stdout.write(f"DICOM: {title} listens on port {port}{secured} ({workers} workers)")
        self.stdout.flush()
