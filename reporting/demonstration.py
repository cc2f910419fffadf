"""The demonstration's signing certificates."""

from hospitals.demonstration.people import RADIOLOGISTS
from hospitals.models import User


def load() -> None:
    """Issue a certificate to each demonstration radiologist who has none that is valid."""
    # pyHanko takes a second to load; every process that checks flow.py imports this module.
    from reporting.services.certificates import issue_signing_certificate

    for user in User.objects.filter(email__in=[person.email for person in RADIOLOGISTS]):
        issue_signing_certificate(user=user)
