"""WADO-RS in the transfer syntax that Accept names, ranges of bytes, and what can't be had."""

from io import BytesIO
from typing import Any

import numpy as np
import pydicom
import pytest
from pydicom.uid import ExplicitVRLittleEndian, ImplicitVRLittleEndian, RLELossless

from pacs_core.archive.files import stored_path
from pacs_core.archive.models import Instance
from pacs_core.network.dicomweb import converted
from pacs_core.standards.dicom.encoding import WRITTEN_SYNTAXES
from pacs_core.standards.dicom.errors import CodecFailed
from tests.pacs_core.network.dicomweb.archive import file_study, pixels_of
from tests.pacs_core.network.dicomweb.conftest import Story, fetch
from tests.pacs_core.network.dicomweb.test_retrieve import address, parts_of
from tests.story import in_hospital

DICOM = 'multipart/related; type="application/dicom"'
JPEG_BASELINE = "1.2.840.10008.1.2.4.50"


def syntaxes(response: Any, body: bytes) -> list[str]:
    return [headers["content-type"].rpartition("=")[2] for headers, _ in parts_of(response, body)]


@pytest.mark.parametrize("syntax", sorted(WRITTEN_SYNTAXES))
def test_study_comes_in_the_syntax_asked_for(story: Story, syntax: str) -> None:
    study = file_study(story.north, images=2)
    answer = fetch(
        story.radiologist, f"studies/{study.study_instance_uid}", Accept=f"{DICOM}; transfer-syntax={syntax}"
    )
    assert syntaxes(*answer) == [syntax, syntax]
    for position, (_, content) in enumerate(parts_of(*answer), 1):
        dataset = pydicom.dcmread(BytesIO(content))
        assert dataset.file_meta.TransferSyntaxUID == syntax
        np.testing.assert_array_equal(dataset.pixel_array, pixels_of(position)[0])


def test_default_is_explicit_little_endian_and_a_star_is_as_stored(story: Story) -> None:
    study = file_study(story.north, syntax=RLELossless, compress=True)
    path = address(study)
    assert syntaxes(*fetch(story.radiologist, path)) == [ExplicitVRLittleEndian]
    assert syntaxes(*fetch(story.radiologist, path, Accept=f"{DICOM}; transfer-syntax=*")) == [RLELossless]
    response, _ = fetch(story.radiologist, f"{path}?accept=application/dicom; transfer-syntax=*", Accept="text/html")
    assert response["Content-Type"] == f"application/dicom; transfer-syntax={RLELossless}"


def test_frames_come_in_the_syntax_asked_for(story: Story) -> None:
    study = file_study(story.north, frames=2)
    accept = 'multipart/related; type="image/jphc"'
    ((headers, content),) = parts_of(*fetch(story.radiologist, f"{address(study)}/frames/2", Accept=accept))
    assert headers["content-type"] == "image/jphc; transfer-syntax=1.2.840.10008.1.2.4.201"
    assert content.startswith(b"\xff\x4f\xff\x51")


@pytest.mark.parametrize("accept", [f"{DICOM}; transfer-syntax={JPEG_BASELINE}", f"{DICOM}; transfer-syntax=1.2.3"])
def test_syntax_that_is_not_written_is_not_acceptable(story: Story, accept: str) -> None:
    study = file_study(story.north)
    response, body = fetch(story.radiologist, address(study), Accept=accept)
    assert response.status_code == 406
    assert RLELossless.encode() in body


def test_what_cannot_be_converted_comes_as_stored_in_a_study_and_is_refused_alone(
    story: Story, monkeypatch: pytest.MonkeyPatch
) -> None:
    study = file_study(story.north, images=2)

    def crash(*_: object) -> None:
        raise CodecFailed("its process died")

    monkeypatch.setattr(converted, "run_codec", crash)
    wanted = f"transfer-syntax={RLELossless}"
    whole = fetch(story.radiologist, f"studies/{study.study_instance_uid}", Accept=f"{DICOM}; {wanted}")
    assert syntaxes(*whole) == [ExplicitVRLittleEndian] * 2
    alone, body = fetch(story.radiologist, address(study), Accept=f"application/dicom; {wanted}")
    assert alone.status_code == 406
    assert b"its process died" in body


def test_nothing_stays_in_the_spool(story: Story, settings: Any) -> None:
    study = file_study(story.north, images=2, syntax=ImplicitVRLittleEndian)
    fetch(story.radiologist, f"studies/{study.study_instance_uid}")
    fetch(story.radiologist, address(study), Accept="application/dicom")
    assert list(settings.INCOMING_ROOT.iterdir()) == []


def test_transfer_goes_on_where_it_broke_off(story: Story) -> None:
    study = file_study(story.north)
    with in_hospital(story.north):
        content = stored_path(Instance.objects.get().file_path).read_bytes()
    path, accept = address(study), {"Accept": "application/dicom"}
    whole, body = fetch(story.radiologist, path, **accept)
    assert (whole["Accept-Ranges"], body) == ("bytes", content)
    for wanted, expected in (
        ("bytes=100-", content[100:]),
        ("bytes=10-19", content[10:20]),
        ("bytes=-7", content[-7:]),
    ):
        part, body = fetch(story.radiologist, path, Range=wanted, **{"If-Range": whole["ETag"]}, **accept)
        assert (part.status_code, body) == (206, expected)
        assert int(part["Content-Length"]) == len(expected)
    assert part["Content-Range"] == f"bytes {len(content) - 7}-{len(content) - 1}/{len(content)}"
    assert fetch(story.radiologist, path, Range=f"bytes={len(content)}-", **accept)[0].status_code == 416
    changed = fetch(story.radiologist, path, Range="bytes=5-", **{"If-Range": '"other"'}, **accept)
    assert (changed[0].status_code, changed[1]) == (200, content)
    again = fetch(story.radiologist, path, **{"If-None-Match": whole["ETag"]}, **accept)
    assert (again[0].status_code, again[1]) == (304, b"")


def test_frames_and_bulk_data_have_ranges_too(story: Story) -> None:
    study = file_study(story.north)
    for path in (f"{address(study)}/frames/1", f"{address(study)}/bulkdata/7FE00010"):
        response, body = fetch(story.radiologist, path, Accept="application/octet-stream", Range="bytes=2-5")
        assert (response.status_code, body) == (206, pixels_of().tobytes()[2:6])
