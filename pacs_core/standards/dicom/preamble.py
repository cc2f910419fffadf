"""Data sets that were written without what begins a Part 10 file (PS3.10 7.1)."""

from io import BytesIO

from pydicom.dataset import FileMetaDataset
from pydicom.filewriter import write_file_meta_info
from pydicom.uid import ExplicitVRBigEndian, ExplicitVRLittleEndian, ImplicitVRLittleEndian

_PREFIX = b"\0" * 128 + b"DICM"
# As many bytes as missing_head looks at.
LOOKED_AT = 144
# A data set without a head begins with one of these groups, in ascending order; 0004 is a directory's.
_LITTLE, _BIG = (b"\x02\x00", b"\x08\x00"), (b"\x00\x02", b"\x00\x08")
_IDENTIFYING_ELEMENTS = 0x0100


def missing_head(start: bytes) -> bytes | None:
    """Return what has to stand before the file: b"" when it begins as it should, None when it is no DICOM.

    Old archives hold files without preamble, some without file meta information too; their first element's shape tells
    the encoding.
    """
    if start[128:132] == b"DICM":
        return b""
    if len(start) < 16 or start[:2] not in _LITTLE + _BIG:
        return None
    is_little = start[:2] in _LITTLE
    element = int.from_bytes(start[2:4], "little" if is_little else "big")
    vr = start[4:6]
    is_explicit = vr.isalpha() and vr.isupper()
    if element >= _IDENTIFYING_ELEMENTS or (not is_explicit and not is_little):
        return None
    if start[:2] == b"\x02\x00":
        return _PREFIX
    meta = FileMetaDataset()
    explicit = ExplicitVRLittleEndian if is_little else ExplicitVRBigEndian
    meta.TransferSyntaxUID = explicit if is_explicit else ImplicitVRLittleEndian
    stream = BytesIO()
    write_file_meta_info(stream, meta, enforce_standard=False)
    return _PREFIX + stream.getvalue()
