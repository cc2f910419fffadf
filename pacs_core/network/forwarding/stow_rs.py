"""STOW-RS as user (PS3.18 10.5): instances go out as C-STORE would send them, read in pieces, a few in each request."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol
from uuid import uuid4

import httpx

from pacs_core.archive.errors import FileNotAtHand, StorageUnavailable
from pacs_core.archive.services.corrections import leaving_file
from pacs_core.network.forwarding.errors import ForwardingFailed
from pacs_core.network.forwarding.selectors import Parcel
from pacs_core.network.forwarding.stow_answer import StowAnswer, read_answer
from pacs_core.network.models import Node
from pacs_core.network.nodes.credentials import SecretUnreadable, opened

# What one request holds: enough to keep the connection busy, little enough to be noted and sent again in pieces.
INSTANCES_PER_REQUEST = 20
BYTES_PER_REQUEST = 16 * 1024**2
PIECE_BYTES = 256 * 1024
# Seconds to connect, and without a byte taken or given; a server may index before it answers.
TIMEOUT = httpx.Timeout(60, connect=10, read=150)
# An answer names each instance in some hundred bytes.
LONGEST_ANSWER_BYTES = 1024**2
_REFUSALS = {
    401: "it does not know our credentials",
    403: "our credentials do not allow it",
    404: "there is no store service at its DICOMweb address",
    413: "it takes no image so large",
    415: "it takes no DICOM files",
    507: "its storage is full",
}


@dataclass(frozen=True)
class FilePart:
    """A stored file as a part of the body."""

    path: Path
    head: bytes
    size: int


class Progress(Protocol):
    """Whom to tell what was sent; `go_on` between requests may end the run, `beat` in one that lasts may not."""

    def note_sent(self, parcel: Parcel) -> None: ...
    def go_on(self) -> None: ...
    def beat(self) -> None: ...


def send_by_stow(parcels: Sequence[Parcel], *, node: Node, progress: Progress) -> None:
    """Send each instance and note each that the answers name as stored; ForwardingFailed says what stopped it.

    An image that the node refuses does not keep the others: it is named when all were tried.
    """
    refused = ""
    with httpx.Client(timeout=TIMEOUT, headers=_headers(node), auth=_basic(node)) as client:
        for some in _requests(parcels):
            progress.go_on()
            refused = _send(client, some, node=node, progress=progress) or refused
    if refused:
        raise ForwardingFailed(f"{node.ae_title} did not take every image: {refused}.")


def _send(client: httpx.Client, parcels: list[Parcel], *, node: Node, progress: Progress) -> str:
    """Send one request; return why images were refused, "" when all were taken."""
    answer = _post(client, parcels, node=node, progress=progress)
    if answer.status == 413 and len(parcels) > 1:
        middle = len(parcels) // 2
        halves = (parcels[:middle], parcels[middle:])
        reasons = [_send(client, half, node=node, progress=progress) for half in halves]
        return reasons[1] or reasons[0]
    if answer.status in _REFUSALS:
        reason = _REFUSALS[answer.status]
        if answer.status == 413:
            return f"{reason} (HTTP 413)"
        raise ForwardingFailed(f"{node.ae_title} refused: {reason} (HTTP {answer.status}).")
    if not answer.is_about_instances:
        raise ForwardingFailed(f"{node.ae_title} answered HTTP {answer.status}.")
    reason = ""
    for parcel in parcels:
        if why := answer.refusal_of(parcel.sop_instance_uid):
            reason = why
        else:
            progress.note_sent(parcel)
    return reason


def _post(client: httpx.Client, parcels: list[Parcel], *, node: Node, progress: Progress) -> StowAnswer:
    boundary = f"meridian-{uuid4().hex}"
    try:
        parts = [_part(parcel, boundary) for parcel in parcels]
        tail = f"--{boundary}--\r\n".encode()
        headers = {
            "Content-Type": f'multipart/related; type="application/dicom"; boundary={boundary}',
            "Content-Length": str(sum(len(part.head) + part.size + 2 for part in parts) + len(tail)),
        }
        url = f"{node.dicomweb_url.rstrip('/')}/studies"
        with client.stream("POST", url, headers=headers, content=_body(parts, tail, progress)) as answer:
            return read_answer(answer.status_code, _beginning_of(answer))
    except (FileNotAtHand, StorageUnavailable) as error:
        raise ForwardingFailed(str(error)) from error
    except httpx.HTTPError as error:
        raise ForwardingFailed(f"{node.ae_title} {_words(error)}.") from error
    except OSError as error:
        raise ForwardingFailed("A stored file could not be read. Maybe look at the health of the storage.") from error


def _part(parcel: Parcel, boundary: str) -> FilePart:
    path = leaving_file(parcel.file_path, parcel.corrections)
    size = path.stat().st_size
    head = f"--{boundary}\r\nContent-Type: application/dicom\r\nContent-Length: {size}\r\n\r\n"
    return FilePart(path, head.encode(), size)


def _body(parts: list[FilePart], tail: bytes, progress: Progress) -> Iterator[bytes]:
    for part in parts:
        yield part.head
        with open(part.path, "rb") as file:
            while piece := file.read(PIECE_BYTES):
                yield piece
                progress.beat()
        yield b"\r\n"
    yield tail


def _beginning_of(answer: httpx.Response) -> bytes:
    """Return the answer's body; a longer one than any answer is cut, and then read as none."""
    body = b""
    for piece in answer.iter_bytes():
        body += piece
        if len(body) > LONGEST_ANSWER_BYTES:
            break
    return body


def _requests(parcels: Sequence[Parcel]) -> Iterator[list[Parcel]]:
    """Divide what is sent into requests; a file that is larger than one has its own."""
    some: list[Parcel] = []
    size = 0
    for parcel in parcels:
        if some and (len(some) == INSTANCES_PER_REQUEST or size + parcel.size_bytes > BYTES_PER_REQUEST):
            yield some
            some, size = [], 0
        some.append(parcel)
        size += parcel.size_bytes
    if some:
        yield some


def _headers(node: Node) -> dict[str, str]:
    headers = {"Accept": "application/dicom+json"}
    if node.dicomweb_secret and not node.dicomweb_user:
        headers["Authorization"] = f"Bearer {_secret_of(node)}"
    return headers


def _basic(node: Node) -> tuple[str, str] | None:
    return (node.dicomweb_user, _secret_of(node)) if node.dicomweb_user else None


def _secret_of(node: Node) -> str:
    try:
        return opened(node.dicomweb_secret)
    except SecretUnreadable as error:
        raise ForwardingFailed(str(error)) from error


def _words(error: httpx.HTTPError) -> str:
    """Say what went wrong; the library's text is left out, as it may quote what the peer sent."""
    kinds: tuple[tuple[Any, str], ...] = (
        (httpx.ConnectTimeout, "did not answer at its DICOMweb address"),
        (httpx.ConnectError, "cannot be reached at its DICOMweb address, or shows a certificate that is not trusted"),
        (httpx.TimeoutException, "fell silent in the middle of a request"),
    )
    found = (words for kind, words in kinds if isinstance(error, kind))
    return next(found, f"broke the connection off ({type(error).__name__})")
