"""Run the DICOM server: C-ECHO and C-STORE on DIMSE_PORT."""

from argparse import ArgumentParser
from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.core.checks import Tags
from django.core.management.base import BaseCommand, CommandError

from pacs_core.celery import application
from pacs_core.network.dimse.supervisor import Supervisor
from pacs_core.network.errors import PortTaken


class Command(BaseCommand):
    help = "Run the DICOM server (C-ECHO, C-STORE) in several worker processes on one port."
    # The other checks import every page and template of the web process.
    requires_system_checks: Sequence[str] = (Tags.security,)

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--host", default="0.0.0.0", help="address to listen on (default: all)")
        parser.add_argument("--port", type=int, default=settings.DIMSE_PORT, help="default: DIMSE_PORT")
        parser.add_argument("--workers", type=int, default=settings.DIMSE_WORKERS, help="default: DIMSE_WORKERS")

    def handle(self, *args: Any, **options: Any) -> None:
        for folder in (settings.INCOMING_ROOT, settings.STORAGE_ROOT):
            folder.mkdir(parents=True, exist_ok=True)
        # Storing enqueues tasks of this application. Loading its transport takes a second, spent here, before the fork,
        # and not between the first instance and its answer; nothing is connected yet.
        application.connection_for_write().release()
        supervisor = Supervisor(host=options["host"], port=options["port"], workers=max(1, options["workers"]))
        try:
            supervisor.run(on_listening=lambda: self._say_listening(options))
        except PortTaken as error:
            raise CommandError(str(error)) from error

    def _say_listening(self, options: dict[str, Any]) -> None:
        self.stdout.write(
            f"DICOM: {settings.DIMSE_AE_TITLE} listens on port {options['port']} ({options['workers']} workers)"
        )
        self.stdout.flush()
