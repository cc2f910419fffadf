import getpass
import sys
from typing import Any

from django.core.management.base import CommandParser

from hospitals.management.command import ScopedCommand
from hospitals.models import User
from hospitals.services.people import add_user


class Command(ScopedCommand):
    help = "Add a person, or change the one with this address. The password is asked for, or read from standard input."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("email")
        parser.add_argument("--role", required=True, choices=User.Role.values)
        parser.add_argument("--name", help="as printed under a report; the address when new and not given")
        parser.add_argument("--hospital", action="append", default=[], help="code; may be repeated")
        parser.add_argument("--subspecialty", action="append", help="of a radiologist; may be repeated")
        parser.add_argument("--maximum-open-items", type=int, help="of a radiologist: no more are assigned")
        parser.add_argument("--time-zone")
        parser.add_argument("--password-stdin", action="store_true", help="read the password from standard input")
        parser.add_argument("--no-password", action="store_true", help="leave the password as it is")

    def perform(self, *, email: str, **options: Any) -> None:
        known = User.objects.filter(email=email.lower()).first()
        values = {name: options[name] for name in ("role", "name", "time_zone") if options[name]}
        if known is None:
            values.setdefault("name", email)
        user, is_new = add_user(
            email=email,
            hospital_codes=options["hospital"],
            subspecialties=options["subspecialty"],
            maximum_open_items=options["maximum_open_items"],
            password=self._password(options),
            **values,
        )
        self.stdout.write(f"{'Added' if is_new else 'Have'} {user.get_role_display().lower()} {user.email}")

    def _password(self, options: dict[str, Any]) -> str | None:
        if options["no_password"]:
            return None
        if options["password_stdin"] or not sys.stdin.isatty():
            return sys.stdin.readline().rstrip("\n") or None
        return getpass.getpass("Password: ") or None
