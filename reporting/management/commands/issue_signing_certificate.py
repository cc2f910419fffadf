"""manage.py issue_signing_certificate EMAIL [EMAIL ...]"""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from hospitals.models import User
from pacs_core.access.scopes import all_hospitals_scope, open_scope
from reporting.errors import ReportError
from reporting.services.certificates import issue_signing_certificate
from reporting.signature.errors import SignatureError


class Command(BaseCommand):
    help = "Give radiologists a signing certificate of the installation's authority; one that is still good is kept."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("emails", nargs="+", metavar="EMAIL")

    def handle(self, *args: Any, emails: list[str], **options: Any) -> None:
        for email in emails:
            user = User.objects.filter(email=email.lower()).first()
            if user is None:
                raise CommandError(f"There is no user {email}. Maybe add one first: manage.py add_user {email} ...")
            try:
                with open_scope(all_hospitals_scope(process="command")):
                    certificate, is_new = issue_signing_certificate(user=user)
            except (ReportError, SignatureError) as error:
                raise CommandError(str(error)) from error
            verb = "issued" if is_new else "kept"
            self.stdout.write(f"{email}: certificate {verb}, valid until {certificate.not_after:%Y-%m-%d}")
