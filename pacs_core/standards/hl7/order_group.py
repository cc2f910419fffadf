"""An order's own segments inside a message that may carry several orders."""

from dataclasses import dataclass
from typing import Literal

from pacs_core.standards.hl7.reader import MessageReader, SegmentReader

OrderEvent = Literal["new", "change", "cancel"]


@dataclass(frozen=True)
class OrderGroup:
    """ORC with what follows it up to the next ORC."""

    common_order: SegmentReader
    request: SegmentReader | None
    timing: SegmentReader | None
    imaging_procedure: SegmentReader | None
    study: SegmentReader | None


def divide_orders(message: MessageReader) -> list[OrderGroup]:
    """Divide at each ORC; a ZDS at the message's end serves the groups without their own (RAD-4)."""
    divided: list[list[SegmentReader]] = []
    for segment in message.segments:
        if segment.name == "ORC":
            divided.append([])
        if divided:
            divided[-1].append(segment)
    return [
        OrderGroup(
            common_order=segments[0],
            request=_first_named(segments, "OBR"),
            timing=_first_named(segments, "TQ1"),
            imaging_procedure=_first_named(segments, "IPC"),
            study=_first_named(segments, "ZDS") or message.first("ZDS"),
        )
        for segments in divided
    ]


def _first_named(segments: list[SegmentReader], name: str) -> SegmentReader | None:
    return next((segment for segment in segments if segment.name == name), None)
