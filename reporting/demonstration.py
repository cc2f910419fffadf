"""The demonstration's signing certificates."""

from hospitals.demonstration.people import RADIOLOGISTS
from hospitals.models import User
from reporting.services.certificates import issue_signing_certificate


def load() -> None:
    """Issue a certificate to each demonstration radiologist who has none that is valid."""
    for user in User.objects.filter(email__in=[person.email for person in RADIOLOGISTS]):
        issue_signing_certificate(user=user)
