"""Sets of instants as sorted, disjoint spans; a span is (start, end), its end exclusive."""

from collections.abc import Iterable, Sequence
from datetime import datetime

Span = tuple[datetime, datetime]


def merged(spans: Iterable[Span]) -> list[Span]:
    """Return the union, touching spans as one; empty ones vanish."""
    union: list[Span] = []
    for start, end in sorted(span for span in spans if span[0] < span[1]):
        if union and start <= union[-1][1]:
            union[-1] = (union[-1][0], max(union[-1][1], end))
        else:
            union.append((start, end))
    return union


def less(spans: Iterable[Span], holes: Iterable[Span]) -> list[Span]:
    """Return what of `spans` lies in none of `holes`."""
    gaps = merged(holes)
    return [piece for span in merged(spans) for piece in _pieces(span, gaps)]


def clipped(spans: Iterable[Span], start: datetime, end: datetime) -> list[Span]:
    """Return what of `spans` lies in [start, end)."""
    return [(max(a, start), min(b, end)) for a, b in spans if a < end and b > start]


def _pieces(span: Span, gaps: Sequence[Span]) -> Iterable[Span]:
    at, end = span
    for gap_start, gap_end in gaps:
        if gap_end <= at:
            continue
        if gap_start >= end:
            break
        if at < gap_start:
            yield at, gap_start
        at = gap_end
    if at < end:
        yield at, end
