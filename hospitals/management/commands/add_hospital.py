from typing import Any

from django.core.management.base import CommandParser

from hospitals.management.command import ScopedCommand
from hospitals.services.directory import add_hospital


class Command(ScopedCommand):
    help = "Add a hospital, or change the one with this code."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("code", help="capitals and digits: NORTH")
        parser.add_argument("--name", required=True)
        parser.add_argument("--time-zone", required=True, help="IANA name: Europe/Berlin")
        parser.add_argument("--city")
        parser.add_argument("--telephone")
        parser.add_argument("--issuer-of-patient-id")
        parser.add_argument("--issuer-of-accession-number")
        parser.add_argument("--quiet-seconds", type=int)

    def perform(self, *, code: str, **options: Any) -> None:
        names = ("name", "time_zone", "city", "telephone", "quiet_seconds")
        names += ("issuer_of_patient_id", "issuer_of_accession_number")
        values = {name: options[name] for name in names if options[name] is not None}
        hospital, is_new = add_hospital(code=code, **values)
        self.stdout.write(f"{'Added' if is_new else 'Have'} hospital {hospital.code}: {hospital.name}")
