from typing import Any

from django.conf import settings
from django.core.management.base import CommandError
from django.utils.module_loading import import_string

from hospitals.management.command import ScopedCommand
from pacs_core import flow
from pacs_core.access.scopes import all_hospitals_scope, open_scope


class Command(ScopedCommand):
    help = "Add the demonstration's hospitals, people and rules where they are missing; never in production."

    def perform(self, **options: Any) -> None:
        if settings.PRODUCTION:
            raise CommandError("The demonstration's passwords are public: production refuses them.")
        for name in flow.DEMONSTRATION_LOADERS:
            # Each in a scope of its own: the hospitals that one adds are visible to the next.
            with open_scope(all_hospitals_scope(process="command")):
                import_string(name)()
        self.stdout.write("The demonstration network is loaded.")
