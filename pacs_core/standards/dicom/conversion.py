"""Stored instances in another transfer syntax than their own (PS3.5 8.2)."""

import numpy as np
from pydicom.dataset import Dataset

# VR -> bytes of one value, whose order differs in big endian (PS3.5 7.3).
_WORDS = {"OW": 2, "OF": 4, "OL": 4, "OD": 8, "OV": 8}


def swap_words(dataset: Dataset) -> None:
    """Turn the words of bulk values around and decode every other element: pydicom writes both as they are."""
    for element in dataset.iterall():
        size = _WORDS.get(element.VR)
        if size and isinstance(element.value, bytes):
            element.value = np.frombuffer(element.value, dtype=f">u{size}").astype(f"<u{size}").tobytes()
