"""Time off: given by a coordinator, or asked for by the reader and decided. Shifts inside stay, but do not count."""

from datetime import datetime

from django.db import transaction

from hospitals.errors import HospitalsError, InvalidValue
from hospitals.models import TimeOff, User
from hospitals.services.rights import must_be_radiologist
from hospitals.services.rota import announce_rota, lock_readers
from pacs_core.audit.services import record_audit
from pacs_core.events.services import emit_event


@transaction.atomic
def add_time_off(
    *, radiologist: User, starts_at: datetime, ends_at: datetime, reason: str = "", created_by: User | None = None
) -> TimeOff:
    """Note that a reader is away (aware instants, end exclusive); the same again is the one that is there."""
    return _noted(TimeOff.Status.AGREED, radiologist, starts_at, ends_at, reason, created_by)


@transaction.atomic
def ask_time_off(*, radiologist: User, starts_at: datetime, ends_at: datetime, reason: str = "") -> TimeOff:
    """Note what a reader asks for; it counts once a coordinator has agreed."""
    return _noted(TimeOff.Status.ASKED, radiologist, starts_at, ends_at, reason, radiologist)


@transaction.atomic
def decide_time_off(*, time_off: TimeOff, agree: bool, decided_by: User, now: datetime) -> TimeOff:
    """Agree to what was asked for, or refuse it; decided already: TimeOffDecided."""
    lock_readers([time_off.radiologist_id])
    time_off = _locked(time_off)
    if time_off.status != TimeOff.Status.ASKED:
        raise TimeOffDecided(f"This time off is {time_off.get_status_display().lower()} already.")
    time_off.status = TimeOff.Status.AGREED if agree else TimeOff.Status.REFUSED
    time_off.decided_at, time_off.decided_by = now, decided_by
    time_off.save(update_fields=["status", "decided_at", "decided_by"])
    _tell("agreed" if agree else "refused", time_off)
    emit_event("TimeOffDecided", hospital_id=None, time_off_id=time_off.pk)
    return time_off


@transaction.atomic
def remove_time_off(*, time_off: TimeOff) -> None:
    """Take time off away, agreed or only asked for: shifts inside count again."""
    lock_readers([time_off.radiologist_id])
    _tell("removed", time_off)
    time_off.delete()


class TimeOffDecided(HospitalsError):
    """Somebody has decided this before."""


def _noted(
    status: str, radiologist: User, starts_at: datetime, ends_at: datetime, reason: str, created_by: User | None
) -> TimeOff:
    must_be_radiologist(radiologist)
    if ends_at <= starts_at:
        raise InvalidValue("ends_at", "must lie after starts_at")
    lock_readers([radiologist.pk])
    same = TimeOff.objects.filter(radiologist=radiologist, starts_at=starts_at, ends_at=ends_at, status=status).first()
    if same is not None:
        return same
    time_off = TimeOff.objects.create(
        radiologist=radiologist,
        starts_at=starts_at,
        ends_at=ends_at,
        reason=reason.strip(),
        status=status,
        created_by=created_by,
    )
    _tell("asked" if status == TimeOff.Status.ASKED else "added", time_off)
    return time_off


def _locked(time_off: TimeOff) -> TimeOff:
    rows = TimeOff.objects.select_for_update(no_key=True, of=("self",)).select_related("radiologist")
    return rows.get(pk=time_off.pk)


def _tell(verb: str, time_off: TimeOff) -> None:
    record_audit(
        action=f"time_off.{verb}",
        object_type="user",
        object_id=time_off.radiologist_id,
        detail={
            "time_off_id": time_off.pk,
            "from": time_off.starts_at.isoformat(),
            "until": time_off.ends_at.isoformat(),
        },
    )
    announce_rota([time_off.radiologist_id])
