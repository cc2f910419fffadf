"""A hospital: the tenant that every patient row belongs to."""

import re
from functools import cache
from zoneinfo import ZoneInfo, available_timezones

from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db import models

# ISO 3166-1 alpha-2, or ISO 3166-2 where licences are given by a part of the country.
JURISDICTION = re.compile(r"[A-Z]{2}(-[A-Z0-9]{1,3})?")


@cache
def time_zone_names() -> frozenset[str]:
    """Return the IANA names; looking for them reads a folder of hundreds of files."""
    return frozenset(available_timezones())


def validate_time_zone(value: str) -> None:
    if value not in time_zone_names():
        raise ValidationError(f"{value!r} is no IANA time zone. Maybe Europe/Berlin.")


def validate_jurisdiction(value: str) -> None:
    if not JURISDICTION.fullmatch(value):
        raise ValidationError(f"{value!r} is no jurisdiction. Maybe a country or its part as in ISO 3166: DE, US-NY.")


class Hospital(models.Model):
    """A sender of studies; its code names it on the command line and in the API."""

    code = models.CharField(max_length=16, unique=True, validators=[RegexValidator(r"^[A-Z][A-Z0-9_]{1,15}$")])
    name = models.CharField(max_length=120)
    city = models.CharField(max_length=80, blank=True)
    telephone = models.CharField(max_length=40, blank=True)
    time_zone = models.CharField(max_length=64, validators=[validate_time_zone])
    issuer_of_patient_id = models.CharField(max_length=64, help_text="Assumed where the header names none")
    issuer_of_accession_number = models.CharField(max_length=64, help_text="Assumed where the header names none")
    quiet_seconds = models.PositiveIntegerField(
        default=30, help_text="A study is complete after this long without images"
    )
    jurisdiction = models.CharField(
        max_length=16,
        blank=True,
        validators=[validate_jurisdiction],
        help_text="Where a reader needs a licence: DE, US-NY; empty: no licence is asked for",
    )
    contract = models.CharField(max_length=60, blank=True, help_text="The contract's name, a fact for rules")
    is_active = models.BooleanField(default=True)

    def __str__(self) -> str:
        return self.name

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.time_zone)
