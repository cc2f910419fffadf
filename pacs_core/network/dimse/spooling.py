"""Make pynetdicom write received data sets into our spool files.

With STORE_RECV_CHUNKED_DATASET it streams a C-STORE data set to NamedTemporaryFile as it arrives, but lets a full disk
kill the connection's thread, leaves the file of an aborted message behind, knows no place to name the sender, and
makes pydicom's objects of the command set and the file meta information. pynetdicom 3.0.4 has no hook for that, so the
names that its dimse_messages module uses are replaced; tests/protocol/test_dimse_store.py holds the result.
"""

import struct
import threading
from typing import Any

from pynetdicom import _config, dimse_messages
from pynetdicom.association import Association

from pacs_core.archive.spool import SpoolFile
from pacs_core.network.dimse.command_sets import decode_command_set
from pacs_core.standards.dicom.uid import MERIDIAN_IMPLEMENTATION_CLASS_UID, MERIDIAN_IMPLEMENTATION_VERSION_NAME

_SHORT = struct.Struct("<HH2sH")
_VERSION = struct.pack("<HH2sHL2s", 2, 1, b"OB", 0, 2, b"\0\1")


def stream_to_spool_files() -> None:
    """Set once a process, before the first association."""
    _config.STORE_RECV_CHUNKED_DATASET = True
    for name, ours in (
        ("NamedTemporaryFile", _open_spool_file),
        ("create_file_meta", _encoded_file_meta),
        ("write_file_meta_info", _write_file_meta),
        ("decode", decode_command_set),
    ):
        setattr(dimse_messages, name, ours)


def discard_unanswered(association: Association) -> None:
    """Remove the spool files of messages that were cut off or never answered."""
    message = association.dimse.message
    if message is not None and message._data_set_file is not None:
        message._data_set_file.discard()
    while not association.dimse.msg_queue.empty():
        _, request = association.dimse.msg_queue.get_nowait()
        spool_file = getattr(request, "_dataset_file", None)
        if spool_file is not None:
            spool_file.discard()


def _open_spool_file(**_: Any) -> SpoolFile:
    return SpoolFile("dimse")


def _encoded_file_meta(*, sop_class_uid: str, sop_instance_uid: str, transfer_syntax: str) -> bytes:
    """Encode the file meta information (PS3.10 7.1); it names the sender (0002,0016).

    Messages are decoded in the thread of the association's upper layer.
    """
    association = getattr(threading.current_thread(), "assoc", None)
    sender = association.requestor.ae_title if association is not None else ""
    elements = (
        _element(0x0002, b"UI", sop_class_uid),
        _element(0x0003, b"UI", sop_instance_uid),
        _element(0x0010, b"UI", transfer_syntax),
        _element(0x0012, b"UI", MERIDIAN_IMPLEMENTATION_CLASS_UID),
        _element(0x0013, b"SH", MERIDIAN_IMPLEMENTATION_VERSION_NAME),
        _element(0x0016, b"AE", sender) if sender else b"",
    )
    content = b"".join((_VERSION, *elements))
    return _SHORT.pack(2, 0, b"UL", 4) + struct.pack("<L", len(content)) + content


def _element(number: int, vr: bytes, text: str) -> bytes:
    value = text.encode("ascii")
    value += (b"\0" if vr == b"UI" else b" ") * (len(value) % 2)
    return _SHORT.pack(2, number, vr, len(value)) + value


def _write_file_meta(file: SpoolFile, encoded: bytes) -> None:
    file.write(encoded)
    file.start_dataset()
