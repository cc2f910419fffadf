from typing import Any

from django.core.management.base import BaseCommand

from hospitals.demonstration.people import PASSWORD, logins


class Command(BaseCommand):
    help = "Print one demonstration login of each role and what it may do."

    def handle(self, *args: Any, **options: Any) -> None:
        for login in logins():
            self.stdout.write(f"{login['email']:<32} {login['may']}")
        self.stdout.write(f"Password of each: {PASSWORD}")
