from django.core.management.base import CommandParser

from hospitals.management.command import ScopedCommand
from hospitals.services.people import create_token


class Command(ScopedCommand):
    help = "Make a token for a machine that acts as this person; it is shown once and kept as a digest only."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("email")

    def perform(self, *, email: str, **options: object) -> None:
        self.stdout.write(create_token(email=email))
