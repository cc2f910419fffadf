"""Send an examination as its hospital would: the order by MLLP, the images by a C-STORE association from its node."""

import contextlib
import socket
import time
from collections.abc import Iterable

from pydicom.dataset import Dataset
from pynetdicom import AE, build_context

from hospitals.demonstration.examinations import Examination
from pacs_core.standards.hl7.mllp import MllpDecoder, encode_block
from pacs_core.standards.hl7.order_building import build_order_message

_TIMEOUT_SECONDS = 30
_ATTEMPTS = 3
_PAUSE_SECONDS = 1


class SendingFailed(Exception):
    """The receiver refused or did not answer; the message says what it answered."""


def send_order(examination: Examination, *, port: int, host: str = "127.0.0.1") -> None:
    """Send the examination's order and wait for AA."""
    with socket.create_connection((host, port), timeout=_TIMEOUT_SECONDS) as connection:
        connection.sendall(encode_block(build_order_message(examination.order())))
        decoder = MllpDecoder(limit=65_536)
        while chunk := connection.recv(65_536):
            for answer in decoder.feed(chunk):
                if not isinstance(answer, bytes) or b"MSA|AA|" not in answer:
                    raise SendingFailed(f"Order {examination.accession_number} was not accepted")
                return
    raise SendingFailed(f"Order {examination.accession_number} got no answer.")


def send_images(examination: Examination, *, port: int, host: str = "127.0.0.1", called: str = "MERIDIAN") -> int:
    """Store the examination's instances in one association of its node; return how many."""
    return store_datasets(list(examination.datasets()), calling=examination.node, called=called, host=host, port=port)


def store_datasets(datasets: Iterable[Dataset], *, calling: str, called: str, host: str, port: int) -> int:
    """C-STORE the data sets in one association, all of them again when one fails, as a scanner's queue does.

    SendingFailed when the last attempt does not end with success either.
    """
    datasets = list(datasets)
    for _ in range(_ATTEMPTS - 1):
        with contextlib.suppress(SendingFailed):
            return _store_once(datasets, calling=calling, called=called, host=host, port=port)
        time.sleep(_PAUSE_SECONDS)
    return _store_once(datasets, calling=calling, called=called, host=host, port=port)


def _store_once(datasets: list[Dataset], *, calling: str, called: str, host: str, port: int) -> int:
    entity = AE(ae_title=calling)
    wanted = {(dataset.SOPClassUID, dataset.file_meta.TransferSyntaxUID) for dataset in datasets}
    entity.requested_contexts = [build_context(sop_class, syntax) for sop_class, syntax in sorted(wanted)]
    association = entity.associate(host, port, ae_title=called)
    if not association.is_established:
        raise SendingFailed(f"{called} at port {port} did not accept an association from {calling}.")
    try:
        for dataset in datasets:
            status = association.send_c_store(dataset)
            if not status or status.Status != 0x0000:
                raise SendingFailed(f"{called} answered {hex(status.Status) if status else 'nothing'} to C-STORE.")
    finally:
        association.release()
    return len(datasets)
