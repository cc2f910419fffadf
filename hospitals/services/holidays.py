"""Public holidays of a hospital or of the whole network: by hand, or a jurisdiction's from the library."""

from datetime import date

import holidays as public_holidays
from django.core.exceptions import ValidationError
from django.db import transaction

from hospitals.errors import InvalidValue, UnknownJurisdiction
from hospitals.models import Holiday, Hospital
from hospitals.models.hospital import validate_jurisdiction
from hospitals.services.rota import announce_rota
from pacs_core.audit.services import record_audit

YEARS = range(2000, 2101)


@transaction.atomic
def add_holiday(*, hospital: Hospital | None, on: date, name: str) -> Holiday:
    """Note a holiday (hospital None: of every hospital); the same day again changes its name."""
    if not name.strip():
        raise InvalidValue("name", "is needed: it is what people read in the rota")
    holiday, is_new = Holiday.objects.get_or_create(hospital=hospital, on=on, defaults={"name": name.strip()[:80]})
    if is_new or holiday.name != name.strip()[:80]:
        holiday.name = name.strip()[:80]
        holiday.save(update_fields=["name"])
        _tell("added" if is_new else "changed", holiday)
    return holiday


@transaction.atomic
def remove_holiday(*, holiday: Holiday) -> None:
    _tell("removed", holiday)
    holiday.delete()


@transaction.atomic
def import_holidays(*, jurisdiction: str, year: int, hospital: Hospital | None) -> list[Holiday]:
    """Add a jurisdiction's public holidays of a year (DE, US-NY); return those that were new.

    What is there already stays as it is, also under another name.
    """
    if year not in YEARS:
        raise InvalidValue("year", f"must lie between {YEARS[0]} and {YEARS[-1]}")
    known = set(Holiday.objects.filter(hospital=hospital, on__year=year).values_list("on", flat=True))
    found = holidays_of(jurisdiction, year)
    new = [add_holiday(hospital=hospital, on=day, name=name) for day, name in sorted(found.items()) if day not in known]
    return new


def holidays_of(jurisdiction: str, year: int) -> dict[date, str]:
    """Return a jurisdiction's public holidays in English; UnknownJurisdiction when the library has none.

    A part that the library does not tell apart has the holidays of its country.
    """
    code = jurisdiction.strip().upper()
    try:
        validate_jurisdiction(code)
    except ValidationError as error:
        raise InvalidValue("jurisdiction", " ".join(error.messages)) from error
    country, _dash, part = code.partition("-")
    supported = public_holidays.list_supported_countries()
    if country not in supported:
        raise UnknownJurisdiction(code)
    subdivision = part if part in supported[country] else None
    if part and subdivision is None and supported[country]:
        raise UnknownJurisdiction(code)
    language = "en_US" if "en_US" in public_holidays.list_localized_countries().get(country, ()) else None
    calendar = public_holidays.country_holidays(country, subdiv=subdivision, years=year, language=language)
    return dict(calendar.items())


def _tell(verb: str, holiday: Holiday) -> None:
    record_audit(
        action=f"holiday.{verb}",
        object_type="holiday",
        object_id=holiday.pk,
        hospital_id=holiday.hospital_id,
        detail={"on": holiday.on.isoformat()},
    )
    # Nobody's shifts change, but open calendars show it, and rules may ask for holidays.
    announce_rota([])
