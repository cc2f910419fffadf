import zlib
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pacs_core.standards.dicom.errors import DicomError, MissingIdentifier, NotDicom, TruncatedDataset
from pacs_core.standards.dicom.header import read_header
from pacs_core.standards.dicom.structure import layout_of

from .dicom_files import error_of, real_file, real_files, small_dataset, write

_CUT = [
    "CT_small.dcm",
    "MR_small_implicit.dcm",
    "MR_small_bigendian.dcm",
    "JPEG2000.dcm",
    "MR_small_RLE.dcm",
    "image_dfl.dcm",
    "examples_ybr_color.dcm",
]


@pytest.mark.parametrize("name", _CUT)
def test_a_cut_anywhere_is_noticed_unless_it_only_takes_what_follows_the_pixels(tmp_path: Path, name: str) -> None:
    content = real_file(name).read_bytes()
    whole = layout_of(content).pixel_data
    assert whole is not None
    refused = 0
    step = max(97, len(content) // 300)
    for length in sorted({*range(0, len(content), step), *range(len(content) - 100, len(content))}):
        path = write(tmp_path, content[:length])
        error = error_of(lambda path=path: read_header(path))
        assert error is None or isinstance(error, NotDicom | TruncatedDataset | MissingIdentifier), length
        refused += error is not None
        if error is None and layout_of(content[:length]).pixel_data != whole:
            # a cut between two elements before the image pixel module can't be told from a shorter data set
            assert read_header(path).rows is None, length
    assert refused > 30


def test_a_cut_between_two_elements_before_the_pixels_is_noticed(tmp_path: Path) -> None:
    content = real_file("MR_small.dcm").read_bytes()
    border = content.index(b"\xe0\x7f\x10\x00")
    assert layout_of(content[:border]).pixel_data is None
    with pytest.raises(TruncatedDataset):
        read_header(write(tmp_path, content[:border]))


def test_truncated_files_of_pydicom_are_refused() -> None:
    for name, tag in (("MR_truncated.dcm", 0x7FE00010), ("rtplan_truncated.dcm", 0x300A00B0)):
        with pytest.raises(TruncatedDataset) as caught:
            read_header(real_file(name))
        assert caught.value.tag == tag


def test_missing_sequence_delimiter_of_encapsulated_pixels_is_noticed() -> None:
    content = real_file("JPEG2000.dcm").read_bytes()
    end = content.rindex(b"\xfe\xff\xdd\xe0")
    assert layout_of(content[: end + 8]).pixel_data is not None
    with pytest.raises(TruncatedDataset, match="delimiter"):
        layout_of(content[:end])


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.binary(max_size=600))
def test_random_bytes_behind_the_prefix_give_a_named_error_or_a_layout(data: bytes) -> None:
    error = error_of(lambda: layout_of(b"\0" * 128 + b"DICM" + data))
    assert error is None or str(error)


@settings(max_examples=150, deadline=None)
@given(name=st.sampled_from(["MR_small_RLE.dcm", "reportsi.dcm", "rtplan.dcm", "nested_priv_SQ.dcm"]), data=st.data())
def test_flipped_bytes_never_raise_anything_else(
    tmp_path_factory: pytest.TempPathFactory, name: str, data: st.DataObject
) -> None:
    content = bytearray(real_file(name).read_bytes())
    for _ in range(data.draw(st.integers(1, 6))):
        content[data.draw(st.integers(132, len(content) - 1))] = data.draw(st.integers(0, 255))
    path = write(tmp_path_factory.mktemp("flipped"), bytes(content))
    error = error_of(lambda: read_header(path))
    assert error is None or str(error)


def test_deeply_nested_sequences_are_refused_not_followed_for_ever() -> None:
    nested = b"\x08\x00\x15\x11SQ\0\0\xff\xff\xff\xff\xfe\xff\x00\xe0\xff\xff\xff\xff" * 5000
    with pytest.raises(DicomError):
        layout_of(
            real_file("CT_small.dcm").read_bytes()[:132] + b"\x02\x00\x10\x00UI\x14\x001.2.840.10008.1.2.1\0" + nested
        )


def test_deflated_data_that_never_ends_is_truncated(tmp_path: Path) -> None:
    path = write(tmp_path, small_dataset())
    content = path.read_bytes()
    start = layout_of(content).dataset_offset
    deflate = zlib.compressobj(wbits=-15)
    body = deflate.compress(content[start:]) + deflate.flush(zlib.Z_SYNC_FLUSH)
    head = content[:132] + b"\x02\x00\x10\x00UI\x16\x001.2.840.10008.1.2.1.99"
    with pytest.raises(TruncatedDataset):
        layout_of(head + body)
    assert read_header(write(tmp_path, head + body + deflate.flush())).modality == "OT"


def test_every_whole_file_of_pydicom_keeps_its_layout_when_padded() -> None:
    for path in real_files():
        content = path.read_bytes()
        try:
            layout = layout_of(content)
        except DicomError:
            continue
        if layout.transfer_syntax_uid != "1.2.840.10008.1.2.1.99":
            assert layout_of(content + b"\0" * 4).pixel_data == layout.pixel_data
