"""Minimal Lower Layer Protocol, release 1 (HL7 v2 Appendix C): a block is <VT> message <FS><CR>."""

from dataclasses import dataclass, field

from pacs_core.standards.hl7.errors import MllpBlockTooLarge, MllpFramingError, MllpGarbage, MllpUnterminatedBlock

START_BLOCK = b"\x0b"
END_BLOCK = b"\x1c"
CARRIAGE_RETURN = b"\x0d"
DEFAULT_LIMIT = 4 * 1024 * 1024


def encode_block(message: bytes) -> bytes:
    """Frame a message; raises ValueError when it holds the framing characters themselves."""
    if START_BLOCK in message or END_BLOCK in message:
        raise ValueError("The message holds an MLLP framing character (0x0B or 0x1C).")
    return START_BLOCK + message + END_BLOCK + CARRIAGE_RETURN


@dataclass
class MllpDecoder:
    """Takes bytes as they come and gives whole messages; holds at most `limit` bytes.

    `feed` returns messages and framing errors in their order on the wire. After MllpBlockTooLarge the connection has to
    be closed; after the other errors the next block is read as usual. Bytes outside a block are reported once per run,
    not per byte, and a carriage return or line feed between blocks is no error. <FS> ends a block even when <CR> does
    not follow: some senders leave it out.
    """

    limit: int = DEFAULT_LIMIT
    _block: bytearray | None = None
    _garbage: int = 0
    _results: list[bytes | MllpFramingError] = field(default_factory=list)

    @property
    def is_inside_block(self) -> bool:
        return self._block is not None

    def feed(self, data: bytes) -> list[bytes | MllpFramingError]:
        self._results = []
        position = 0
        while position < len(data):
            position = self._skip_to_block(data, position) if self._block is None else self._fill(data, position)
        return self._results

    def close(self) -> list[MllpFramingError]:
        """Say what the end of the stream left unfinished."""
        errors: list[MllpFramingError] = []
        if self._garbage:
            errors.append(MllpGarbage(self._garbage))
        if self._block is not None:
            errors.append(MllpUnterminatedBlock(len(self._block)))
        self._block, self._garbage = None, 0
        return errors

    def _skip_to_block(self, data: bytes, position: int) -> int:
        start = data.find(START_BLOCK, position)
        skipped = data[position : len(data) if start < 0 else start]
        self._garbage += len(skipped.strip(b"\r\n"))
        if start < 0:
            if self._garbage > self.limit:
                self._report_garbage()
            return len(data)
        self._report_garbage()
        self._block = bytearray()
        return start + 1

    def _report_garbage(self) -> None:
        if self._garbage:
            self._results.append(MllpGarbage(self._garbage))
            self._garbage = 0

    def _fill(self, data: bytes, position: int) -> int:
        assert self._block is not None
        end = data.find(END_BLOCK, position)
        restart = data.find(START_BLOCK, position, len(data) if end < 0 else end)
        if restart >= 0:
            self._results.append(MllpUnterminatedBlock(len(self._block) + restart - position))
            self._block = bytearray()
            return restart + 1
        stop = len(data) if end < 0 else end
        if len(self._block) + stop - position > self.limit:
            self._results.append(MllpBlockTooLarge(self.limit))
            self._block = None
            return len(data)
        self._block += data[position:stop]
        if end < 0:
            return len(data)
        self._results.append(bytes(self._block))
        self._block = None
        return end + 1
