"""The engine's view of the world: an item's facts and every reader's state, read in a handful of queries.

Needs a scope over all hospitals: a reader's load counts wherever the work comes from.
"""

from collections import defaultdict
from datetime import date, datetime
from zoneinfo import ZoneInfo

from django.db.models import Count, Q, Sum

from hospitals.models import ReadingPrivilege, Shift, User
from routing_rules.engine.decision import Reader
from routing_rules.engine.facts import ExaminationFacts
from routing_rules.procedure_words import modality_of
from worklist.models import WorklistItem

_WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
OPEN = (WorklistItem.Status.ASSIGNED, WorklistItem.Status.READING, WorklistItem.Status.SIGNING)


def facts_of(item: WorklistItem, *, now: datetime) -> ExaminationFacts:
    """Return the item's facts at `now`; needs study.patient, hospital and order loaded."""
    local = now.astimezone(item.hospital.zone)
    study, order = item.study, item.order
    return ExaminationFacts(
        modality=modality_of(item),
        body_part=(order.body_part if order and order.body_part else study.body_part).upper(),
        procedure_code=order.procedure_code if order else study.procedure_code,
        description=(order.procedure_description if order else "") or study.description,
        hospital=item.hospital.code,
        priority=item.priority,
        sex=study.patient.sex,
        weekday=_WEEKDAYS[local.weekday()],
        age_years=_age(study.patient.birth_date, (study.study_at or now).astimezone(item.hospital.zone).date()),
        image_count=study.number_of_instances,
        time_of_day=local.strftime("%H:%M"),
    )


def readers_at(now: datetime, *, hospital_id: int | None = None) -> list[Reader]:
    """Return every active radiologist's state at `now`, by id; of one hospital's readers when asked."""
    users = User.objects.filter(role=User.Role.RADIOLOGIST, is_active=True).select_related("radiologist_profile")
    if hospital_id is not None:
        users = users.filter(memberships__hospital_id=hospital_id).distinct()
    privileges, shifts, loads = _privileges(now), _shift_ends(now), _loads()
    readers = []
    for user in users.order_by("pk"):
        profile = getattr(user, "radiologist_profile", None)
        items, minutes = loads.get(user.pk, (0, 0.0))
        end = shifts.get(user.pk)
        readers.append(
            Reader(
                reader_id=user.pk,
                name=user.name,
                email=user.email,
                subspecialties=frozenset(profile.subspecialties if profile else ()),
                privileges=frozenset(privileges[user.pk]),
                on_shift_until=end.astimezone(ZoneInfo(user.time_zone)).strftime("%H:%M") if end else "",
                open_items=items,
                open_minutes=minutes,
                maximum_open_items=profile.maximum_open_items if profile else 0,
            )
        )
    return readers


def _privileges(now: datetime) -> dict[int, set[tuple[str, str]]]:
    valid = ReadingPrivilege.objects.filter(valid_from__lte=now).filter(
        Q(valid_until__isnull=True) | Q(valid_until__gt=now)
    )
    found: dict[int, set[tuple[str, str]]] = defaultdict(set)
    for reader, code, modality in valid.values_list("radiologist_id", "hospital__code", "modality"):
        found[reader].add((code, modality))
    return found


def _shift_ends(now: datetime) -> dict[int, datetime]:
    running = Shift.objects.filter(starts_at__lte=now, ends_at__gt=now).order_by("ends_at")
    return dict(running.values_list("radiologist_id", "ends_at"))


def _loads() -> dict[int, tuple[int, float]]:
    rows = (
        WorklistItem.objects.filter(status__in=OPEN, assigned_to__isnull=False)
        .values("assigned_to")
        .annotate(items=Count("pk"), minutes=Sum("expected_minutes"))
    )
    return {row["assigned_to"]: (row["items"], float(row["minutes"])) for row in rows}


def _age(birth_date: date | None, on: date) -> int | None:
    if birth_date is None:
        return None
    return on.year - birth_date.year - ((on.month, on.day) < (birth_date.month, birth_date.day))
