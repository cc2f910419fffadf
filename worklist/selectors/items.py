"""Which items a person may see, and narrowing them down."""

from dataclasses import dataclass

from django.db.models import Q, QuerySet

from hospitals.models import User
from pacs_core.access.errors import NotVisible, PermissionRefused
from pacs_core.access.scopes import current_scope
from pacs_core.archive.names import name_contains
from worklist.models import WorklistItem
from worklist.transitions import OPEN_STATUSES

# Referring physicians have the portal, administrators their own pages.
WORKLIST_ROLES = (User.Role.RADIOLOGIST.value, User.Role.COORDINATOR.value)
SHOWN_WITH = ("hospital", "study__patient", "order__referring_physician", "assigned_to", "claimed_by", "first_reader")


@dataclass(frozen=True)
class ItemFilter:
    """What a list is narrowed down to; empty means no restriction. `assigned` is "me", "nobody" or a user's id."""

    view: str = "all"
    search: str = ""
    hospital_id: int | None = None
    modality: str = ""
    priority: str = ""
    status: str = ""
    assigned: str = ""


def visible_items(user: User) -> QuerySet[WorklistItem]:
    """Return the items of the open scope's hospitals for the worklist's roles, none for others; sorted by urgency."""
    items = WorklistItem.objects.select_related(*SHOWN_WITH).order_by("priority_rank", "deadline_at", "pk")
    if user.role not in WORKLIST_ROLES:
        return items.none()
    return items.filter(hospital_id__in=current_scope().hospital_ids)


def item_for_user(user: User, worklist_item_id: int) -> WorklistItem:
    """Return an item; NotVisible when it is absent or another hospital's, PermissionRefused for another role."""
    items = WorklistItem.objects.select_related(*SHOWN_WITH).filter(hospital_id__in=current_scope().hospital_ids)
    item = items.filter(pk=worklist_item_id).first()
    if item is None:
        raise NotVisible(f"There is no worklist item {worklist_item_id} for you.")
    if user.role not in WORKLIST_ROLES:
        raise PermissionRefused("The worklist is for radiologists and coordinators.")
    return item


def narrowed(items: QuerySet[WorklistItem], chosen: ItemFilter, user: User) -> QuerySet[WorklistItem]:
    """Apply everything of the filter but its saved view."""
    if chosen.hospital_id:
        items = items.filter(hospital_id=chosen.hospital_id)
    if chosen.modality:
        items = items.filter(Q(study__modalities__contains=[chosen.modality]))
    if chosen.priority:
        items = items.filter(priority=chosen.priority)
    if chosen.status:
        items = items.filter(status=chosen.status)
    if chosen.assigned:
        items = items.filter(_assigned_to(chosen.assigned, user))
    for word in chosen.search.replace("^", " ").replace(",", " ").split()[:6]:
        items = items.filter(
            name_contains("study__patient__name", word)
            | Q(study__patient__patient_id__icontains=word)
            | Q(study__accession_number__icontains=word)
            | Q(order__accession_number__icontains=word)
            | Q(study__study_instance_uid=word)
        )
    return items


def open_items(user: User) -> QuerySet[WorklistItem]:
    return visible_items(user).filter(status__in=OPEN_STATUSES)


def _assigned_to(assigned: str, user: User) -> Q:
    if assigned == "nobody":
        return Q(assigned_to__isnull=True)
    return Q(assigned_to=user.pk if assigned == "me" else int(assigned))
