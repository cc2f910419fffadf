"""C-STORE as user (PS3.4 B): forwarded instances go out as they were stored, never converted.

Those that a peer retrieves are converted where it does not take them as they are: it has asked for them.
"""

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Any

from pydicom import dcmread
from pydicom.dataset import Dataset
from pydicom.uid import ExplicitVRLittleEndian, ImplicitVRLittleEndian
from pynetdicom import build_context
from pynetdicom.association import Association

from pacs_core.archive.errors import FileNotAtHand, StorageUnavailable
from pacs_core.archive.services.corrections import leaving_file
from pacs_core.archive.spool import SpoolFile
from pacs_core.network.forwarding.errors import ForwardingFailed
from pacs_core.network.forwarding.selectors import Parcel
from pacs_core.network.models import Node
from pacs_core.network.outbound.association import open_association
from pacs_core.standards.dicom.codec_process import run_codec_within
from pacs_core.standards.dicom.transcoding import transcode_file

logger = logging.getLogger(__name__)

UNCOMPRESSED = [ExplicitVRLittleEndian, ImplicitVRLittleEndian]
# One presentation context a SOP class and transfer syntax, so that nothing has to be converted (PS3.8 9.3.2.2: 128).
MOST_CONTEXTS = 128
# A long multi-frame image; its peer waits for the whole retrieval.
LONGEST_CONVERSION_SECONDS = 300.0
# Answers that mean the image was taken: success, and warnings that it was taken with a remark (PS3.4 B.2.3).
_TAKEN = (0x0000, 0xB000, 0xB006, 0xB007)
_REFUSALS = {
    0xA7: "it is out of resources",
    0xA9: "the image does not match its class",
    0xC0: "it cannot read the image",
}


def send_parcels(
    parcels: Sequence[Parcel],
    *,
    node: Node,
    on_sent: Callable[[Parcel], None],
    while_sending: Callable[[], None] = lambda: None,
) -> None:
    """Send each instance and report each that was taken; ForwardingFailed names what stopped it.

    An image that the node refuses does not keep the others: it is named when all were tried. `while_sending` is called
    again and again while a large one goes out.
    """
    refused = ""
    for group in _groups(parcels):
        association = associate_for(group, node=node, while_sending=while_sending)
        refused = _send_group(association, group, node=node, on_sent=on_sent) or refused
    if refused:
        raise ForwardingFailed(f"{node.ae_title} did not take every image: {refused}.")


def associate_for(
    parcels: Sequence[Parcel],
    *,
    node: Node,
    converts: bool = False,
    while_sending: Callable[[], None] = lambda: None,
) -> Association:
    """Open an association for these instances, with `converts` for their uncompressed forms too.

    NothingSent says why there is none. What needs more contexts than an association may propose is left out.
    """
    kinds = dict.fromkeys((parcel.sop_class_uid, parcel.transfer_syntax_uid) for parcel in parcels)
    contexts = [build_context(sop_class, transfer_syntax) for sop_class, transfer_syntax in kinds]
    if converts:
        contexts += [build_context(sop_class, UNCOMPRESSED) for sop_class in dict.fromkeys(kind[0] for kind in kinds)]
    takes = "the study's kinds of images"
    return open_association(node, contexts[:MOST_CONTEXTS], takes=takes, while_sending=while_sending)


def store_parcel(
    association: Association, parcel: Parcel, *, message_id: int, originator: Mapping[str, Any]
) -> int | None:
    """Send one instance, converted where the peer does not take it as stored; return its status, None without one."""
    syntaxes = _accepted_syntaxes(association, parcel)
    if not syntaxes:
        return None
    try:
        path = leaving_file(parcel.file_path, parcel.corrections)
        with _content(path, parcel.transfer_syntax_uid, syntaxes) as content:
            answer = association.send_c_store(content, msg_id=message_id, **originator)
    except Exception as error:
        # Whatever a codec or the peer does, the other instances are still sent, and this one is told as failed.
        logger.warning("Instance %s was not sent: %s", parcel.instance_id, type(error).__name__)
        return None
    return int(answer.Status) if "Status" in answer else None


@contextmanager
def _content(path: Path, stored_syntax: str, syntaxes: set[str]) -> Iterator[Path | Dataset]:
    """Give the file as it is where the peer takes it so, else uncompressed by a codec process."""
    if stored_syntax in syntaxes:
        yield path
        return
    spool = SpoolFile("convert")
    try:
        if spool.is_full:
            raise StorageUnavailable("There is no room to convert images in.")
        run_codec_within(LONGEST_CONVERSION_SECONDS, transcode_file, path, spool.path, ExplicitVRLittleEndian)
        # What has no compressed pixels left is written in implicit VR by pynetdicom, as it is sent.
        yield spool.path if ExplicitVRLittleEndian in syntaxes else dcmread(spool.path)
    finally:
        spool.discard()


def _accepted_syntaxes(association: Association, parcel: Parcel) -> set[str]:
    """Return in which transfer syntaxes the peer takes instances of this class."""
    return {
        str(context.transfer_syntax[0])
        for context in association.accepted_contexts
        if context.as_scu and context.abstract_syntax == parcel.sop_class_uid
    }


def _groups(parcels: Sequence[Parcel]) -> Iterator[list[Parcel]]:
    """Divide what needs more contexts than one association may propose."""
    kinds = iter(dict.fromkeys((parcel.sop_class_uid, parcel.transfer_syntax_uid) for parcel in parcels))
    while some := set(islice(kinds, MOST_CONTEXTS)):
        yield [parcel for parcel in parcels if (parcel.sop_class_uid, parcel.transfer_syntax_uid) in some]


def _send_group(
    association: Association, parcels: list[Parcel], *, node: Node, on_sent: Callable[[Parcel], None]
) -> str:
    """Return why images were refused, "" when all were taken."""
    refused = ""
    try:
        for number, parcel in enumerate(parcels):
            reason = _send(association, parcel, message_id=number % 65_535 + 1, ae_title=node.ae_title)
            if reason:
                refused = reason
            else:
                on_sent(parcel)
    except BaseException:
        association.abort()
        raise
    association.release()
    return refused


def _send(association: Association, parcel: Parcel, *, message_id: int, ae_title: str) -> str:
    """Send one instance; return why it was refused, "" when it was taken. Raises ForwardingFailed without an answer."""
    if not association.is_established:
        raise ForwardingFailed(f"{ae_title} ended the association before every image was sent.")
    try:
        path: Path = leaving_file(parcel.file_path, parcel.corrections)
        answer = association.send_c_store(path, msg_id=message_id)
    except ValueError:
        return f"it takes no images of class {parcel.sop_class_uid} in {parcel.transfer_syntax_uid}"
    except RuntimeError as error:
        raise ForwardingFailed(f"{ae_title} ended the association before every image was sent.") from error
    except (FileNotAtHand, StorageUnavailable) as error:
        raise ForwardingFailed(str(error)) from error
    except OSError as error:
        raise ForwardingFailed("A stored file could not be read. Maybe look at the health of the storage.") from error
    if "Status" not in answer:
        raise ForwardingFailed(f"{ae_title} gave no answer to an image.")
    status = int(answer.Status)
    if status in _TAKEN:
        return ""
    unknown = "it cannot read the image" if status >> 12 == 0xC else "it gave no known reason"
    reason = _REFUSALS.get(status >> 8, unknown)
    return f"{reason} (status 0x{status:04X})"
