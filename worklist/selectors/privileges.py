"""Whether a radiologist may read a study now."""

from collections.abc import Iterable

from django.utils import timezone

from hospitals.models import Hospital, User
from hospitals.selectors.reading_rights import ReadingRights, first_bar, rights_of
from pacs_core import flow
from worklist.errors import NotPrivileged
from worklist.modalities import reading_modalities
from worklist.models import WorklistItem
from worklist.selectors.stages import READ_IT_FIRST, RESIDENT_READS_FIRST_STAGE, bar_at_stage


def may_read(user: User, *, hospital_id: int, modalities: Iterable[str], subspecialty: str = "") -> bool:
    """Say whether nothing bars an active radiologist from reading such an examination now."""
    hospital = Hospital.objects.get(pk=hospital_id)
    return not bar_of(rights_of(user, timezone.now()), hospital, modalities=modalities, subspecialty=subspecialty)


def subspecialties_of(items: Iterable[WorklistItem]) -> dict[int, str]:
    """Return each item's subspecialty by item id, "" where the procedure map has none; a fixed number of queries."""
    return flow.resolve("subspecialties_of_items")(items)


def bar_of(
    rights: ReadingRights | None, hospital: Hospital, *, modalities: Iterable[str], subspecialty: str = ""
) -> str:
    """Return the first reason in words why not, "" when nothing bars; no rights at all are those of a non-reader."""
    if rights is None:
        return "No active radiologist"
    return first_bar(
        rights,
        hospital_code=hospital.code,
        jurisdiction=hospital.jurisdiction,
        modalities=modalities,
        subspecialty=subspecialty,
    )


def bar_to_item(
    rights: ReadingRights | None, item: WorklistItem, *, subspecialty: str, reader_id: int | None = None
) -> str:
    """Return the first reason why these rights do not read the item; needs study, order and hospital loaded.

    With `reader_id` the stage of an item that is read twice counts too; without it only the rights do.
    """
    bar = bar_of(rights, item.hospital, modalities=modalities_of(item), subspecialty=subspecialty)
    if bar or rights is None or reader_id is None:
        return bar
    return bar_at_stage(item, reader_id=reader_id, is_resident=rights.is_resident)


def modalities_of(item: WorklistItem) -> tuple[str, ...]:
    """Return the modalities that a privilege is asked for."""
    return reading_modalities(item.study.modalities, ordered=item.order.modality if item.order else "")


def require_privilege(user: User, item: WorklistItem) -> None:
    """Raise NotPrivileged with the reason unless the user has the right to read the item's study now.

    Asked at signing: a right that lapsed meanwhile is noticed.
    """
    _refuse(user, bar_to_item(rights_of(user, timezone.now()), item, subspecialty=subspecialties_of([item])[item.pk]))


def require_reader(user: User, item: WorklistItem) -> None:
    """Raise NotPrivileged unless the user may read the item's study now, at the stage it is at.

    Asked when an item is assigned and claimed.
    """
    special = subspecialties_of([item])[item.pk]
    _refuse(user, bar_to_item(rights_of(user, timezone.now()), item, subspecialty=special, reader_id=user.pk))


def _refuse(user: User, bar: str) -> None:
    if bar in (READ_IT_FIRST, RESIDENT_READS_FIRST_STAGE):
        raise NotPrivileged(f"{user.name} may not read this examination now: {bar}.")
    if bar:
        raise NotPrivileged(
            f"{user.name} may not read this examination: {bar}.\nMaybe an administrator can renew what has lapsed."
        )
