"""Who may read which stage of an item that is read twice.

Double: two radiologists read independently of each other. Two-tier: a resident reads first, an attending radiologist
second; an attending may also read such an item alone. Residents read nothing else, and never sign.
"""

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
