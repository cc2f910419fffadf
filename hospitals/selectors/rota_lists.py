"""Readers, shifts, time off, swaps and holidays of the open scope: those of people who belong to its hospitals.

The rota itself is the network's: a reader has one, whichever hospitals the work comes from.
"""

from datetime import datetime

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from hospitals.models import Holiday, Membership, Shift, ShiftSwap, ShiftTemplate, TimeOff, User
from hospitals.models.reading import valid_at
from pacs_core.access.errors import NotVisible
from pacs_core.access.scopes import current_scope


def rota_readers(*, subspecialty: str = "", group: str = "", hospital_id: int | None = None) -> QuerySet[User]:
    """Return the active radiologists of the open scope's hospitals by name, narrowed down as asked."""
    readers = User.objects.filter(role=User.Role.RADIOLOGIST, is_active=True).filter(_belongs("pk", hospital_id))
    if subspecialty:
        readers = readers.filter(radiologist_profile__subspecialties__contains=[subspecialty])
    if group:
        readers = readers.filter(reader_groups__name=group)
    return readers.select_related("radiologist_profile").order_by("name", "pk")


def rota_reader(pk: int) -> User:
    """Return one of them; NotVisible for anybody else."""
    reader = rota_readers().filter(pk=pk).first()
    if reader is None:
        raise NotVisible(f"No reader {pk} is visible.")
    return reader


def visible_shifts() -> QuerySet[Shift]:
    """Shifts of radiologists who read for a hospital of the open scope, also of those who left or are locked out."""
    readers = Membership.objects.filter(user=OuterRef("radiologist"), hospital__in=current_scope().hospital_ids)
    rows = Shift.objects.filter(Exists(readers)).select_related("radiologist", "template").prefetch_related("breaks")
    return rows.order_by("starts_at", "pk")


def visible_shift(pk: int) -> Shift:
    shift = visible_shifts().filter(pk=pk).first()
    if shift is None:
        raise NotVisible(f"No shift {pk} is visible.")
    return shift


def visible_time_off() -> QuerySet[TimeOff]:
    rows = TimeOff.objects.filter(_belongs("radiologist")).select_related("radiologist", "created_by", "decided_by")
    return rows.order_by("starts_at", "pk")


def find_time_off(*, state: str = "coming", now: datetime) -> QuerySet[TimeOff]:
    """Time off in view; `state` asked, coming (asked or agreed, not over), past or all."""
    rows = visible_time_off()
    if state == "asked":
        return rows.filter(status=TimeOff.Status.ASKED)
    if state == "coming":
        return rows.filter(ends_at__gt=now).exclude(status=TimeOff.Status.REFUSED)
    return rows.filter(ends_at__lte=now).order_by("-starts_at", "-pk") if state == "past" else rows


def shifts_inside(time_off: TimeOff) -> QuerySet[Shift]:
    """Shifts of the reader that lose time to it: nobody covers them unless somebody else does."""
    rows = Shift.objects.filter(
        radiologist=time_off.radiologist_id, starts_at__lt=time_off.ends_at, ends_at__gt=time_off.starts_at
    )
    return rows.order_by("starts_at")


def visible_swaps() -> QuerySet[ShiftSwap]:
    rows = ShiftSwap.objects.filter(_belongs("offered_by"))
    rows = rows.select_related("shift__radiologist", "offered_by", "taken_by", "decided_by")
    return rows.order_by("shift__starts_at", "pk")


def find_swaps(*, state: str = "open") -> QuerySet[ShiftSwap]:
    """Swaps in view; `state` open (offered or taken), taken, closed or all."""
    rows, status = visible_swaps(), ShiftSwap.Status
    if state == "taken":
        return rows.filter(status=status.TAKEN)
    if state == "open":
        return rows.filter(status__in=(status.OFFERED, status.TAKEN))
    if state == "closed":
        return rows.exclude(status__in=(status.OFFERED, status.TAKEN)).order_by("-decided_at", "-pk")
    return rows


def visible_holidays() -> QuerySet[Holiday]:
    """Holidays of the whole network and of the open scope's hospitals."""
    in_view = Q(hospital__isnull=True) | Q(hospital__in=current_scope().hospital_ids)
    return Holiday.objects.filter(in_view).select_related("hospital").order_by("on", "hospital__code", "pk")


def visible_templates(*, state: str = "active") -> QuerySet[ShiftTemplate]:
    """The network's templates; `state` active or all."""
    rows = ShiftTemplate.objects.order_by("name")
    return rows.filter(is_active=True) if state == "active" else rows


def colleagues_of(radiologist: User) -> QuerySet[User]:
    """Active radiologists who belong to a hospital of this one's, now."""
    now = timezone.now()
    own = Membership.objects.filter(valid_at(now), user=radiologist).values("hospital")
    shared = Membership.objects.filter(valid_at(now), user=OuterRef("pk"), hospital__in=own)
    return User.objects.filter(Exists(shared), role=User.Role.RADIOLOGIST, is_active=True).exclude(pk=radiologist.pk)


def _belongs(user: str, hospital_id: int | None = None) -> Exists:
    hospitals = current_scope().hospital_ids
    if hospital_id is not None:
        hospitals = hospitals & {hospital_id}
    return Exists(Membership.objects.filter(valid_at(timezone.now()), user=OuterRef(user), hospital__in=hospitals))
