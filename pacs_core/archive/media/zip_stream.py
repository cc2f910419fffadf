"""Write a ZIP while it is read: nothing but the running piece is in memory, and its length is not known beforehand."""

import io
import zipfile
from collections.abc import Iterable, Iterator
from datetime import datetime

# The earliest moment that a ZIP can name.
_FIRST_MOMENT = (1980, 1, 1, 0, 0, 0)

Entry = tuple[str, Iterable[bytes]]


class _Pipe(io.RawIOBase):
    """Takes what the ZIP writes and gives it away; it cannot be rewound, so sizes follow each member."""

    def __init__(self) -> None:
        self._pieces: list[bytes] = []

    def writable(self) -> bool:
        return True

    def write(self, data: bytes, /) -> int:  # type: ignore[override]
        self._pieces.append(bytes(data))
        return len(data)

    def taken(self) -> bytes:
        pieces, self._pieces = self._pieces, []
        return b"".join(pieces)


def zip_pieces(entries: Iterable[Entry], *, written_at: datetime) -> Iterator[bytes]:
    """Yield a ZIP of (name, pieces) entries, uncompressed: images are packed already or wanted at once."""
    pipe = _Pipe()
    moment = max(written_at.timetuple()[:6], _FIRST_MOMENT)
    with zipfile.ZipFile(pipe, "w", zipfile.ZIP_STORED) as archive:
        for name, pieces in entries:
            with archive.open(zipfile.ZipInfo(name, moment), "w", force_zip64=True) as member:
                for piece in pieces:
                    member.write(piece)
                    yield pipe.taken()
    yield pipe.taken()
