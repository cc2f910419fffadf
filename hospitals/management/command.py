"""The base of our administrative commands: a scope for the process, errors in one sentence."""

from abc import abstractmethod
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from hospitals.errors import HospitalsError
from pacs_core.access.scopes import all_hospitals_scope, open_scope


class ScopedCommand(BaseCommand):
    """Run `perform` over the whole network, as the process `command`; a known error ends it with its message."""

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            with open_scope(all_hospitals_scope(process="command")):
                self.perform(**options)
        except HospitalsError as error:
            raise CommandError(str(error)) from error

    @abstractmethod
    def perform(self, **options: Any) -> None:
        """Do the command's work inside the open scope."""
