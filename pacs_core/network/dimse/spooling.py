"""Make pynetdicom write received data sets into our spool files.

With STORE_RECV_CHUNKED_DATASET it streams a C-STORE data set to NamedTemporaryFile as it arrives, but lets a full disk
kill the connection's thread, leaves the file of an aborted message behind, and knows no place to name the sender.
pynetdicom 3.0.4 has no hook for that, so two names that its dimse_messages module uses are replaced;
tests/protocol/test_dimse_store.py holds the result.
"""

import threading
from typing import Any

from pydicom.dataset import FileMetaDataset
from pydicom.filewriter import write_file_meta_info
from pynetdicom import _config, dimse_messages
from pynetdicom.association import Association

from pacs_core.archive.spool import SpoolFile


def stream_to_spool_files() -> None:
    """Set once a process, before the first association."""
    _config.STORE_RECV_CHUNKED_DATASET = True
    for name, ours in (("NamedTemporaryFile", _open_spool_file), ("write_file_meta_info", _write_file_meta)):
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


def _write_file_meta(file: SpoolFile, meta: FileMetaDataset) -> None:
    """Name the sender (0002,0016); messages are decoded in the thread of the association's upper layer."""
    association = getattr(threading.current_thread(), "assoc", None)
    if association is not None:
        meta.SourceApplicationEntityTitle = association.requestor.ae_title
    write_file_meta_info(file, meta)
    file.start_dataset()
