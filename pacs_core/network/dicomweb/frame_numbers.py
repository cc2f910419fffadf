"""Frame lists in addresses (PS3.18 10.4.1.1.6)."""

from __future__ import annotations

from pacs_core.network.dicomweb.errors import InvalidRequest

MAXIMUM_FRAMES = 100


def frame_numbers(text: str) -> list[int]:
    """Return the numbers of `1,4,2` in their order; raises InvalidRequest."""
    numbers = [int(piece) for piece in text.split(",") if piece]
    if not numbers or len(numbers) > MAXIMUM_FRAMES or any(number < 1 for number in numbers):
        raise InvalidRequest(f"The frame list is {text!r}, expected 1 to {MAXIMUM_FRAMES} numbers from 1.")
    return numbers
