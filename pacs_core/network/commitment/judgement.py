"""What a request for storage commitment comes to (PS3.4 J.3.2, PS3.3 C.14.1.1)."""

from collections.abc import Callable, Iterator, Sequence
from itertools import islice

from pacs_core.access.scopes import hospital_scope, open_scope
from pacs_core.archive.selectors.safekeeping import Holding, being_filed, holdings, is_undamaged, set_aside

# FailureReason (0008,1197).
PROCESSING_FAILURE = 0x0110
NO_SUCH_INSTANCE = 0x0112
CLASS_INSTANCE_CONFLICT = 0x0119
DUPLICATE_TRANSACTION = 0x0131

# Instances between two signs of life: their files are read whole.
GROUP = 200

Reference = Sequence[str]  # SOP class, SOP instance
Failure = tuple[str, str, int]  # SOP class, SOP instance, FailureReason


def anything_being_filed(references: Sequence[Reference], *, hospital_id: int) -> bool:
    """Tell whether it is too early to judge: some of it was received and is not filed yet."""
    with open_scope(hospital_scope(process="commitment", hospital_id=hospital_id)):
        return bool(being_filed(uid for _, uid in references))


def failures_of(references: Sequence[Reference], *, hospital_id: int, on_progress: Callable[[], None]) -> list[Failure]:
    """Return what the archive does not commit to, and why.

    Another hospital's instance is unknown. An instance of which other content was set aside, or is not filed by now, is
    not committed to: the node may hold that content, and must not delete it. No transaction is open while files are
    read.
    """
    failures: list[Failure] = []
    for group in _groups(references):
        uids = [uid for _, uid in group]
        with open_scope(hospital_scope(process="commitment", hospital_id=hospital_id)):
            held, open_questions = holdings(uids), set_aside(uids) | being_filed(uids)
        for sop_class_uid, uid in group:
            reason = PROCESSING_FAILURE if uid in open_questions else _reason(sop_class_uid, held.get(uid))
            if reason:
                failures.append((sop_class_uid, uid, reason))
        on_progress()
    return failures


def _reason(sop_class_uid: str, holding: Holding | None) -> int:
    """Return the FailureReason, 0 when the instance is held safely."""
    if holding is None:
        return NO_SUCH_INSTANCE
    if holding.sop_class_uid != sop_class_uid:
        return CLASS_INSTANCE_CONFLICT
    return 0 if is_undamaged(holding) else PROCESSING_FAILURE


def _groups(references: Sequence[Reference]) -> Iterator[list[Reference]]:
    rest = iter(references)
    while group := list(islice(rest, GROUP)):
        yield group
