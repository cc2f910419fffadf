"""Who may read which stage of an item that is read twice.

Double: two radiologists read independently of each other. Two-tier: a resident reads first, an attending radiologist
second; an attending may also read such an item alone. Residents read nothing else, and never sign.
"""

from dataclasses import dataclass

from django.utils.translation import gettext as _

from hospitals.models import RadiologistProfile, User
from worklist.models import WorklistItem

READ_IT_FIRST = "Read it first"
RESIDENT_READS_FIRST_STAGE = "A resident reads only the first stage of two-tier readings"

Mode = WorklistItem.ReadingMode


def bar_at_stage(item: WorklistItem, *, reader_id: int, is_resident: bool) -> str:
    """Return the first reason in words why the reader may not read the item at its stage; "" when nothing bars."""
    if is_resident and (item.reading_mode != Mode.TWO_TIER or item.reading_stage == 2):
        return RESIDENT_READS_FIRST_STAGE
    if item.reading_stage == 2 and item.first_reader_id == reader_id:
        return READ_IT_FIRST
    return ""


def is_first_of_two(item: WorklistItem, *, is_resident: bool) -> bool:
    """Say whether this reader finishes a first reading instead of signing: a resident, or the first of two readers."""
    return item.reading_stage == 1 and (
        item.reading_mode == Mode.DOUBLE or (item.reading_mode == Mode.TWO_TIER and is_resident)
    )


def is_resident(user: User) -> bool:
    """Say whether this radiologist reads first, for an attending to sign."""
    return RadiologistProfile.objects.filter(user=user, is_resident=True).exists()


@dataclass(frozen=True)
class StageWords:
    """Which of two readings is next: in a word for a row, and in a sentence."""

    words: str
    sentence: str


def stage_words(item: WorklistItem, *, is_resident: bool | None) -> StageWords | None:
    """Say which reading of an item that is read twice is next; None for a single reading.

    `is_resident` says whether its holder is one, None while nobody has it. Needs first_reader loaded.
    """
    if item.reading_mode == Mode.SINGLE:
        return None
    if item.reading_stage == 2 and item.first_reader is not None:
        after = {"name": item.first_reader.name}
        if item.reading_mode == Mode.DOUBLE:
            return StageWords(_("2nd"), _("Double reading: the second one, read first by %(name)s") % after)
        return StageWords(_("final"), _("Resident, then attending: the final reading, read first by %(name)s") % after)
    if item.reading_mode == Mode.DOUBLE:
        return StageWords(_("1st"), _("Double reading: the first one"))
    if is_resident is False:
        return StageWords(_("final"), _("Resident, then attending: an attending has it and reads it alone"))
    return StageWords(_("prelim"), _("Resident, then attending: the resident's preliminary reading"))
