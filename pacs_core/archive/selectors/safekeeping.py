"""Whether instances are held safely: filed under their class, their file there and unchanged since it was received."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from pacs_core.archive.errors import FileNotAtHand
from pacs_core.archive.files import file_at_hand, sha256_of_dataset
from pacs_core.archive.models import Instance, QuarantinedInstance, ReceivedInstance
from pacs_core.archive.storage import bucket


@dataclass(frozen=True)
class Holding:
    """What the open scope's hospitals hold of an instance, with the digest that was taken on receipt."""

    sop_class_uid: str
    file_path: str
    size_bytes: int
    sha256: str


def holdings(sop_instance_uids: Iterable[str]) -> dict[str, Holding]:
    """Return what is held of these instances, by SOPInstanceUID."""
    rows = Instance.kept.filter(sop_instance_uid__in=list(sop_instance_uids))
    columns = rows.values_list("sop_instance_uid", "sop_class_uid", "file_path", "size_bytes", "sha256")
    return {uid: Holding(*values) for uid, *values in columns}


def being_filed(sop_instance_uids: Iterable[str]) -> set[str]:
    """Return those of which something was received that is not filed yet."""
    pending = ReceivedInstance.objects.filter(
        outcome=ReceivedInstance.Outcome.PENDING, sop_instance_uid__in=list(sop_instance_uids)
    )
    return set(pending.values_list("sop_instance_uid", flat=True))


def set_aside(sop_instance_uids: Sequence[str]) -> set[str]:
    """Return those of which some content waits in quarantine, beside what is held or without."""
    waiting = QuarantinedInstance.objects.filter(resolved_at__isnull=True, sop_instance_uid__in=sop_instance_uids)
    return set(waiting.values_list("sop_instance_uid", flat=True))


def is_undamaged(holding: Holding) -> bool:
    """Read the whole file and compare its digest; False when it is missing. Needs no scope.

    With a bucket the object must be there as long as it was, too: what is read may be the cache's copy. One in the
    archive class is not read. Raises StorageUnavailable when the bucket does not answer.
    """
    if bucket.has_bucket() and bucket.size_of(holding.file_path) != holding.size_bytes:
        return False
    try:
        return sha256_of_dataset(file_at_hand(holding.file_path)) == holding.sha256
    except FileNotAtHand:
        return True
    except OSError:
        return False
