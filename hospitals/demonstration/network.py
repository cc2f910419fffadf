"""Load the demonstration's hospitals, nodes, people, privileges and shifts; loading again changes nothing."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.contrib.auth.hashers import make_password
from django.utils import timezone

from hospitals.demonstration.people import PASSWORD, PEOPLE, READERS, DemonstrationPerson
from hospitals.demonstration.places import HL7_APPLICATION, HOSPITALS
from hospitals.models import (
    Credential,
    Hospital,
    RadiologistProfile,
    ReadingPrivilege,
    ReferringPhysicianIdentifier,
    Shift,
    ShiftSwap,
    ShiftTemplate,
    TimeOff,
    User,
)
from hospitals.services.directory import add_hospital
from hospitals.services.people import add_user
from pacs_core.network.hl7.sources import add_hl7_source
from pacs_core.network.nodes.services import save_node

# Local start hour and length; three shifts cover the clock and overlap by an hour at each hand-over.
SHIFTS = {"morning": (6, 9), "evening": (14, 9), "night": (22, 9)}
DAYS_OF_ROTA = 30


def load_hospitals() -> None:
    """Add the hospitals that are missing."""
    for place in HOSPITALS:
        add_hospital(
            code=place.code,
            name=place.name,
            city=place.city,
            time_zone=place.time_zone,
            telephone=place.telephone,
            quiet_seconds=10,
        )


def load_senders() -> None:
    """Add the nodes and the HL7 senders of the hospitals."""
    for place in HOSPITALS:
        hospital = Hospital.objects.get(code=place.code)
        add_hl7_source(hospital_code=place.code, application=HL7_APPLICATION, facility=place.code)
        for ae_title in place.nodes:
            scanner = {"may_store": True, "may_find": True, "may_query_worklist": True, "may_report_steps": True}
            save_node(hospital_id=hospital.pk, ae_title=ae_title, **scanner)
        for ae_title in place.priors_nodes:
            save_node(hospital_id=hospital.pk, ae_title=ae_title, may_store=True, may_find=True, sends_priors=True)


def load_people() -> None:
    """Add who is missing, and the rota from today: run at every start, so it always reaches a month ahead."""
    known = set(User.objects.filter(is_demonstration=True).values_list("email", flat=True))
    missing = [person for person in PEOPLE if person.email not in known]
    # One slow hash for all: their password is the same and public.
    password_hash = make_password(PASSWORD) if missing else ""
    for person in missing:
        _add_person(person, password_hash)
    _extend_rota(timezone.now().date())
    _plan_ahead()


def _add_person(person: DemonstrationPerson, password_hash: str) -> None:
    user, _is_new = add_user(
        email=person.email,
        name=person.name,
        role=person.role,
        hospital_codes=person.hospitals,
        subspecialties=person.subspecialties or None,
        time_zone=person.time_zone,
        is_demonstration=True,
    )
    User.objects.filter(pk=user.pk).update(password=password_hash)
    hospitals = Hospital.objects.filter(code__in=person.hospitals)
    if person.role == User.Role.RADIOLOGIST:
        Credential.objects.bulk_create(
            (Credential(radiologist=user, hospital=hospital) for hospital in hospitals), ignore_conflicts=True
        )
        ReadingPrivilege.objects.bulk_create(
            (ReadingPrivilege(radiologist=user, hospital=hospital) for hospital in hospitals), ignore_conflicts=True
        )
    if person.is_resident:
        RadiologistProfile.objects.filter(user=user).update(is_resident=True)
    if person.identifier:
        ReferringPhysicianIdentifier.objects.bulk_create(
            [ReferringPhysicianIdentifier(user=user, hospital=hospitals[0], identifier=person.identifier)],
            ignore_conflicts=True,
        )


def _extend_rota(today: date) -> None:
    users = {user.email: user for user in User.objects.filter(email__in=[person.email for person in READERS])}
    shifts = []
    for person in READERS:
        hour, hours = SHIFTS[person.shift]
        zone = ZoneInfo(person.time_zone)
        for day in range(-1, DAYS_OF_ROTA):
            starts_at = datetime.combine(today + timedelta(days=day), time(hour), zone).astimezone(UTC)
            shifts.append(
                Shift(radiologist=users[person.email], starts_at=starts_at, ends_at=starts_at + timedelta(hours=hours))
            )
    Shift.objects.bulk_create(shifts, ignore_conflicts=True)


def _plan_ahead() -> None:
    """Give the rota what a coordinator finds in it: templates, a shift that is offered, time off asked for.

    Only where nothing of the kind is there yet: what people have made of the demonstration stays. Who asks for time
    off reads beside others, so that somebody is always on shift.
    """
    for name, (hour, hours) in SHIFTS.items():
        values = {"time_zone": "Europe/Berlin", "starts_at_time": time(hour), "minutes": hours * 60}
        ShiftTemplate.objects.get_or_create(name=name.title(), defaults=values | {"weekdays": list(range(7))})
    now = timezone.now()
    offering, asking = (User.objects.get(email=f"{account}@meridian.example") for account in ("ada.roth", "greta.holm"))
    if not ShiftSwap.objects.filter(offered_by=offering).exists():
        shift = Shift.objects.filter(radiologist=offering, starts_at__gt=now + timedelta(days=3)).earliest("starts_at")
        ShiftSwap.objects.create(shift=shift, offered_by=offering, note="A family celebration", offered_at=now)
    if not TimeOff.objects.filter(radiologist=asking).exists():
        first = now.astimezone(ZoneInfo(asking.time_zone)).date() + timedelta(days=6)
        starts_at = datetime.combine(first, time.min, ZoneInfo(asking.time_zone)).astimezone(UTC)
        TimeOff.objects.create(
            radiologist=asking,
            starts_at=starts_at,
            ends_at=starts_at + timedelta(days=2),
            reason="Congress",
            status=TimeOff.Status.ASKED,
            created_by=asking,
        )
