"""Readers of items: who could take one, who has how many."""

from django.db.models import Count, Q, QuerySet
from django.utils import timezone

from hospitals.models import ReadingPrivilege, User
from worklist.modalities import reading_modalities
from worklist.models import WorklistItem
from worklist.selectors.items import open_items
from worklist.transitions import ASSIGNED, READING, SIGNING, UNASSIGNED, holder_id_of


def readers_for(item: WorklistItem) -> list[User]:
    """Return the radiologists, but for the holder, who are privileged for the item's study now, by name."""
    modalities = set(reading_modalities(item.study.modalities, ordered=item.order.modality if item.order else ""))
    covered: dict[int, set[str]] = {}
    rows = _current_privileges().filter(hospital_id=item.hospital_id).values_list("radiologist_id", "modality")
    for radiologist_id, modality in rows:
        covered.setdefault(radiologist_id, set()).add(modality)
    privileged = [pk for pk, owned in covered.items() if "" in owned or owned >= modalities]
    now = timezone.now()
    is_member = Q(memberships__hospital_id=item.hospital_id, memberships__valid_from__lte=now) & (
        Q(memberships__valid_until__isnull=True) | Q(memberships__valid_until__gt=now)
    )
    readers = User.objects.filter(is_member, pk__in=privileged, role=User.Role.RADIOLOGIST, is_active=True)
    return list(readers.exclude(pk=holder_id_of(item)).order_by("name"))


def open_item_counts() -> dict[int, int]:
    """Count what is assigned to or being read by each reader, over the open scope."""
    held = WorklistItem.objects.filter(status__in=(ASSIGNED, READING, SIGNING), assigned_to__isnull=False)
    return dict(held.values_list("assigned_to").annotate(Count("pk")).order_by())


def next_item(user: User) -> WorklistItem | None:
    """Return the most urgent item that waits for the radiologist, else one that nobody has and the user may read."""
    mine = open_items(user).filter(status=ASSIGNED, assigned_to=user.pk).first()
    if mine is not None:
        return mine
    privileges: dict[int, set[str]] = {}
    for hospital_id, modality in _current_privileges().filter(radiologist=user).values_list("hospital_id", "modality"):
        privileges.setdefault(hospital_id, set()).add(modality)
    free = open_items(user).filter(status=UNASSIGNED, hospital_id__in=privileges)[:200]
    return next((item for item in free if _covers(privileges[item.hospital_id], item)), None)


def _covers(owned: set[str], item: WorklistItem) -> bool:
    modalities = reading_modalities(item.study.modalities, ordered=item.order.modality if item.order else "")
    return "" in owned or owned.issuperset(modalities)


def _current_privileges() -> QuerySet[ReadingPrivilege]:
    now = timezone.now()
    return ReadingPrivilege.objects.filter(valid_from__lte=now).filter(
        Q(valid_until__isnull=True) | Q(valid_until__gt=now)
    )
