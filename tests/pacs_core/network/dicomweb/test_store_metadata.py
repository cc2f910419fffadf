"""STOW-RS of a single instance as the body, and of metadata with bulk data beside it."""

import json
from typing import Any

import numpy as np
import pydicom
import pytest

from pacs_core.archive.files import stored_path
from pacs_core.network.dicomweb.multipart_stream import multipart_bytes
from pacs_core.standards.dicom.encoding import PixelForm, encode_frame
from pacs_core.standards.dicom.xml_model import json_of_xml, xml_of
from tests.pacs_core.network.dicomweb.archive import make_dataset, pixels_of
from tests.pacs_core.network.dicomweb.conftest import Story
from tests.pacs_core.network.dicomweb.test_store import NEW_STUDY, failure_reasons, new_instance, received, store

JSON, XML = "application/dicom+json", "application/dicom+xml"
JPEG_LS = "1.2.840.10008.1.2.4.80"


def model(position: int = 1, **changes: Any) -> dict[str, Any]:
    dataset = make_dataset(study_instance_uid=NEW_STUDY, position=position)
    del dataset.PixelData
    found = dataset.to_json_dict()
    found["7FE00010"] = {"vr": "OW", "BulkDataURI": f"pixels/{position}"}
    return found | changes


def body_of(metadata: list[tuple[str, bytes]], bulk: dict[str, tuple[str, bytes]]) -> bytes:
    """A body whose bulk parts carry their Content-Location."""
    parts = [*metadata, *((f"{kind}\r\nContent-Location: {place}", content) for place, (kind, content) in bulk.items())]
    return multipart_bytes(parts, boundary="b")


def store_models(story: Story, kind: str, metadata: list[bytes], bulk: dict[str, tuple[str, bytes]]) -> Any:
    content_type = f'multipart/related; type="{kind}"; boundary=b'
    body = body_of([(kind, content) for content in metadata], bulk)
    return store(story.administrator, [], body=body, content_type=content_type)


NATIVE = {"pixels/1": ("application/octet-stream", pixels_of(1).tobytes())}


def stored() -> list[pydicom.Dataset]:
    return [pydicom.dcmread(stored_path(row.file_path)) for row in received()]


def test_instance_may_be_the_body(story: Story) -> None:
    response = store(story.administrator, [], body=new_instance(), content_type="application/dicom")
    assert response.status_code == 200
    assert stored_path(received()[0].file_path).read_bytes() == new_instance()
    damaged = store(story.administrator, [], body=b"garbage", content_type="application/dicom")
    assert (damaged.status_code, failure_reasons(damaged)) == (409, [0xC000])


@pytest.mark.parametrize("kind", [JSON, XML])
def test_metadata_and_bulk_data_become_an_instance(story: Story, kind: str) -> None:
    metadata = json.dumps([model()]).encode() if kind == JSON else xml_of(model())
    assert store_models(story, kind, [metadata], NATIVE).status_code == 200
    (dataset,) = stored()
    assert str(dataset.PatientName) == "Müller^Jürgen"
    assert dataset.SpecificCharacterSet == "ISO_IR 192"
    np.testing.assert_array_equal(dataset.pixel_array, pixels_of(1)[0])


def test_compressed_bulk_data_is_kept_as_it_came(story: Story) -> None:
    content = encode_frame(pixels_of(1)[0], PixelForm("MONOCHROME2", 16, 12, False), JPEG_LS)
    bulk = {"pixels/1": (f"image/jls; transfer-syntax={JPEG_LS}", content)}
    assert store_models(story, JSON, [json.dumps(model()).encode()], bulk).status_code == 200
    (dataset,) = stored()
    assert dataset.file_meta.TransferSyntaxUID == JPEG_LS
    np.testing.assert_array_equal(dataset.pixel_array, pixels_of(1)[0])


def test_instance_whose_bulk_data_is_missing_fails_beside_the_good_one(story: Story) -> None:
    metadata = json.dumps([model(1), model(2), model(3, **{"00080018": {"vr": "UI", "Value": ["no uid"]}})]).encode()
    response = store_models(story, JSON, [metadata], NATIVE)
    assert (response.status_code, failure_reasons(response)) == (202, [0xC000, 0xC000])
    assert len(received()) == 1


@pytest.mark.parametrize(
    ("kind", "metadata"),
    [(JSON, b"{"), (JSON, b"[1]"), (JSON, b'[{"00080018": 5}]'), (XML, b"<a>"), (JSON, b"[" * 100_000)],
)
def test_garbage_is_refused_with_a_reason(story: Story, settings: Any, kind: str, metadata: bytes) -> None:
    response = store_models(story, kind, [metadata], {})
    assert response.status_code == 400
    assert received() == []
    assert list(settings.INCOMING_ROOT.iterdir()) == []


def test_bulk_data_without_a_place_is_refused(story: Story) -> None:
    body = multipart_bytes([(JSON, b"[]"), ("application/octet-stream", b"x")], boundary="b")
    content_type = f'multipart/related; type="{JSON}"; boundary=b'
    response = store(story.administrator, [], body=body, content_type=content_type)
    assert response.status_code == 400
    assert "Content-Location" in response.json()["detail"]


def test_answer_comes_in_xml(story: Story) -> None:
    headers = {"Sec-Fetch-Site": "same-origin", "Accept": XML}
    response = store(story.administrator, [new_instance(), b"garbage"], headers=headers)
    assert (response.status_code, response["Content-Type"]) == (202, XML)
    document = json_of_xml(response.content)
    assert document["00081199"]["Value"][0]["00081155"]["Value"] == [f"{NEW_STUDY}.1.1"]
    assert document["00081198"]["Value"][0]["00081197"]["Value"] == [0xC000]
    refused = store(story.administrator, [new_instance(2)], headers=headers | {"Accept": "text/html"})
    assert refused.status_code == 406
    assert len(received()) == 1
