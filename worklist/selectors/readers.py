"""Readers of items: who could take one, who has how many."""

from django.db.models import Count, F
from django.utils import timezone

from hospitals.models import User
from hospitals.selectors.reading_rights import reading_rights_at, rights_of
from worklist.models import WorklistItem
from worklist.selectors.items import open_items
from worklist.selectors.privileges import bar_to_item, subspecialties_of
from worklist.transitions import ASSIGNED, READING, SIGNING, UNASSIGNED, holder_id_of


def readers_for(item: WorklistItem) -> list[User]:
    """Return the radiologists, but for the holder, whom nothing bars from the item's study now, by name."""
    rights = reading_rights_at(timezone.now())
    subspecialty = subspecialties_of([item])[item.pk]
    able = [pk for pk, owned in rights.items() if not bar_to_item(owned, item, subspecialty=subspecialty, reader_id=pk)]
    return list(User.objects.filter(pk__in=able).exclude(pk=holder_id_of(item)).order_by("name"))


def open_item_counts() -> dict[int, int]:
    """Count what is assigned to or being read by each reader, over the open scope."""
    held = WorklistItem.objects.filter(status__in=(ASSIGNED, READING, SIGNING), assigned_to__isnull=False)
    return dict(held.values_list("assigned_to").annotate(Count("pk")).order_by())


def next_item(user: User) -> WorklistItem | None:
    """Return the first item of the radiologist's list as planned, else one that nobody has and the user may read."""
    waiting = open_items(user).filter(status=ASSIGNED, assigned_to=user.pk)
    mine = waiting.order_by(F("place").asc(nulls_last=True), "priority_rank", "deadline_at", "pk").first()
    if mine is not None:
        return mine
    rights = rights_of(user, timezone.now())
    if rights is None:
        return None
    free = list(open_items(user).filter(status=UNASSIGNED, hospital__code__in=rights.credentials)[:200])
    special = subspecialties_of(free)
    return next(
        (item for item in free if not bar_to_item(rights, item, subspecialty=special[item.pk], reader_id=user.pk)),
        None,
    )
