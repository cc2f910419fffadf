from typing import Any

from django.core.management.base import BaseCommand, CommandError

from pacs_core.network.hl7.errors import Hl7NetworkError
from pacs_core.network.hl7.sources import add_hl7_source


class Command(BaseCommand):
    help = "Let a sender of HL7 messages (MSH-3, MSH-4) act for a hospital; adding it again changes nothing."

    def add_arguments(self, parser: Any) -> None:
        parser.add_argument("hospital", help="code of the hospital")
        parser.add_argument("application", help="MSH-3.1")
        parser.add_argument("facility", help="MSH-4.1")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            source, is_new = add_hl7_source(
                hospital_code=options["hospital"], application=options["application"], facility=options["facility"]
            )
        except Hl7NetworkError as error:
            raise CommandError(str(error)) from error
        said = "added" if is_new else "was there already"
        self.stdout.write(f"HL7 source {source.sending_application} of {source.sending_facility} {said}.")
