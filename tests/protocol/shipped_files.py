"""The files that pydicom ships, each as a study of its own, and which of them an archive has to refuse."""

import hashlib
import re
import zlib
from dataclasses import dataclass
from functools import cache
from io import BytesIO
from pathlib import Path

import pydicom
from pydicom.filereader import read_file_meta_info
from pydicom.filewriter import write_file_meta_info

from pacs_core.standards.dicom.header import InstanceHeader, read_header
from pacs_core.standards.dicom.structure import DEFLATED, read_layout

DATA = Path(pydicom.__file__).parent / "data"
_NO_DICOM = {".py", ".pyc", ".json", ".txt", ".md", ".csv", ".gz", ".icc", ".dump"}

_NO_STUDY = "StudyInstanceUID, SeriesInstanceUID missing"
_NO_IDENTIFIERS = "StudyInstanceUID, SeriesInstanceUID, SOPInstanceUID, SOPClassUID missing"
_NO_PART_10 = "the prefix DICM is missing"
_NO_PIXELS = "the header describes pixels that are not there"
# What no archive can file, and why: it names no study, it is no Part 10 file, or it was cut.
REFUSED: dict[str, str] = {
    "charset_files/chrJapMulti.dcm": _NO_PIXELS,
    "charset_files/chrJapMultiExplicitIR6.dcm": _NO_PIXELS,
    "charset_files/chrKoreanMulti.dcm": _NO_PIXELS,
    "charset_files/chrSQEncoding.dcm": _NO_IDENTIFIERS,
    "charset_files/chrSQEncoding1.dcm": _NO_IDENTIFIERS,
    **{
        f"palettes/{name}.dcm": _NO_STUDY
        for name in ("fall", "hotiron", "hotmetalblue", "pet", "pet20step", "spring", "summer", "winter")
    },
    "test_files/ExplVR_BigEndNoMeta.dcm": _NO_PART_10,
    "test_files/ExplVR_LitEndNoMeta.dcm": _NO_PART_10,
    "test_files/JPEGLSNearLossless_08.dcm": _NO_STUDY,
    "test_files/JPEGLSNearLossless_16.dcm": _NO_STUDY,
    "test_files/MR_truncated.dcm": "8192 bytes announced, 8130 present",
    "test_files/SC_rgb_jls_lossy_line.dcm": _NO_STUDY,
    "test_files/SC_rgb_jpeg.dcm": "it is in implicit VR, and JPEG Baseline (Process 1) is announced",
    "test_files/SC_rgb_jls_lossy_sample.dcm": _NO_STUDY,
    "test_files/UN_sequence.dcm": _NO_IDENTIFIERS,
    # Directories of a medium name files and are none themselves (PS3.10 8.6).
    **{
        f"test_files/dicomdirtests/DICOMDIR{ending}": _NO_IDENTIFIERS
        for ending in ("", "-bigEnd", "-empty.dcm", "-implicit", "-nooffset", "-nopatient", "-reordered")
    },
    "test_files/dicomdirtests/TINY_ALPHA/DICOMDIR": _NO_IDENTIFIERS,
    "test_files/dicomdirtests/TINY_ALPHA/README": _NO_PART_10,
    "test_files/empty_charset_LEI.dcm": _NO_IDENTIFIERS,
    "test_files/meta_missing_tsyntax.dcm": _NO_IDENTIFIERS,
    "test_files/nested_priv_SQ.dcm": _NO_IDENTIFIERS,
    "test_files/no_meta.dcm": _NO_PART_10,
    "test_files/no_meta_group_length.dcm": _NO_IDENTIFIERS,
    "test_files/priv_SQ.dcm": _NO_IDENTIFIERS,
    "test_files/rtplan_truncated.dcm": "976 bytes announced, 711 present",
    "test_files/rtstruct.dcm": _NO_PART_10,
}


@cache
def shipped_names() -> tuple[str, ...]:
    """Every shipped file that is or claims to be DICOM, relative to pydicom's data folder."""
    found = (path for path in sorted(DATA.rglob("*")) if path.is_file() and path.suffix not in _NO_DICOM)
    return tuple(path.relative_to(DATA).as_posix() for path in found)


@dataclass(frozen=True)
class Variant:
    """A shipped file under UIDs of its own: many share theirs, and one instance is sent once a way."""

    name: str
    path: Path
    header: InstanceHeader

    @property
    def transfer_syntax_uid(self) -> str:
        return self.header.transfer_syntax_uid

    @property
    def dataset(self) -> bytes:
        """The bytes after the file meta information."""
        return dataset_of(self.path.read_bytes())


def make_variant(name: str, way: str, folder: Path) -> Variant:
    """Write the file with other UIDs of the same length in place: every other byte stays as it was shipped."""
    original, path = DATA / name, folder / f"{way}-{name.replace('/', '_')}"
    layout, header = read_layout(original), read_header(original)
    uids = (header.study_instance_uid, header.series_instance_uid, header.sop_instance_uid)
    content = original.read_bytes()
    start = len(content) - len(dataset_of(original.read_bytes()))
    head, dataset = content[:start], content[start:]
    if layout.transfer_syntax_uid in DEFLATED:
        raw = _renamed(zlib.decompress(dataset, -zlib.MAX_WBITS), uids, f"{way} {name}")
        compressor = zlib.compressobj(wbits=-zlib.MAX_WBITS)
        dataset = compressor.compress(raw) + compressor.flush()
        dataset += b"\0" * (len(dataset) % 2)
    else:
        dataset = _renamed(dataset, uids, f"{way} {name}")
    path.write_bytes(_renamed(head, uids, f"{way} {name}") + dataset)
    if layout.media_storage_sop_instance_uid != header.sop_instance_uid:
        _mend_file_meta(path)
    return Variant(name, path, read_header(path))


def _mend_file_meta(path: Path) -> None:
    """Name the instance that follows: some files announce another one, and pynetdicom would repeat that."""
    dataset, meta = dataset_of(path.read_bytes()), read_file_meta_info(path)
    meta.MediaStorageSOPInstanceUID = read_header(path).sop_instance_uid
    stream = BytesIO()
    write_file_meta_info(stream, meta)
    path.write_bytes(b"\0" * 128 + b"DICM" + stream.getvalue() + dataset)


def dataset_of(content: bytes) -> bytes:
    """Return what follows the file meta information of a Part 10 file."""
    position = 132
    while content[position : position + 2] == b"\x02\x00":
        is_long = content[position + 4 : position + 6] in (b"OB", b"UN", b"OW", b"SQ", b"UT")
        length = content[position + 8 : position + 12] if is_long else content[position + 6 : position + 8]
        position += (12 if is_long else 8) + int.from_bytes(length, "little")
    return content[position:]


def _renamed(content: bytes, uids: tuple[str, ...], key: str) -> bytes:
    names = sorted({uid.encode() for uid in uids}, key=len, reverse=True)
    return re.sub(b"|".join(map(re.escape, names)), lambda found: _other_uid(found.group(), key), content)


def _other_uid(uid: bytes, key: str) -> bytes:
    digits = str(int(hashlib.sha256(f"{key} {uid.decode()}".encode()).hexdigest(), 16))
    return f"2.25.{digits}"[: len(uid)].encode()
