"""Stored instances in another transfer syntax than their own (PS3.5 8.2)."""

from pathlib import Path

import numpy as np
from pydicom import dcmread
from pydicom.dataset import Dataset
from pydicom.uid import ExplicitVRBigEndian, ExplicitVRLittleEndian, ImplicitVRLittleEndian

# VR -> bytes of one value, whose order differs in big endian (PS3.5 7.3).
_WORDS = {"OW": 2, "OF": 4, "OL": 4, "OD": 8, "OV": 8}


def uncompressed(path: Path) -> Dataset:
    """Return a Part 10 file's data set with its pixels decoded, in little endian, its identifiers unchanged.

    Explicit or implicit VR is left to whoever writes it. Raises what pydicom's decoders raise on pixel data that they
    cannot decode.
    """
    dataset = dcmread(path)
    syntax = dataset.file_meta.TransferSyntaxUID
    if syntax == ExplicitVRBigEndian:
        swap_words(dataset)
        dataset.set_original_encoding(False, True, dataset.original_character_set)
    elif syntax.is_compressed and not syntax.is_deflated:
        dataset.decompress(generate_instance_uid=False)
    if syntax != ImplicitVRLittleEndian:
        dataset.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    return dataset


def swap_words(dataset: Dataset) -> None:
    """Turn the words of bulk values around and decode every other element: pydicom writes both as they are."""
    for element in dataset.iterall():
        size = _WORDS.get(element.VR)
        if size and isinstance(element.value, bytes):
            element.value = np.frombuffer(element.value, dtype=f">u{size}").astype(f"<u{size}").tobytes()
