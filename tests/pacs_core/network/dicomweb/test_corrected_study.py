"""WADO-RS of a study whose patient was corrected."""

import json

from pacs_core.archive.models import Patient, Study
from pacs_core.archive.services.identity import change_demographics
from tests.pacs_core.archive.instances import index_all, receive
from tests.pacs_core.network.dicomweb.conftest import Story, fetch
from tests.story import in_hospital


def test_wado_and_metadata_of_a_corrected_study_agree(story: Story) -> None:
    receive(story.north)
    index_all(story.north)
    with in_hospital(story.north):
        change_demographics(patient_id=Patient.objects.get().pk, name="NEW^NAME")
    address = "studies/2.25.1/series/2.25.1.1/instances/2.25.1.1.1"
    answer, body = fetch(story.radiologist, address, Accept="application/dicom")
    assert answer.status_code == 200
    assert b"NEW^NAME" in body
    assert int(answer["Content-Length"]) == len(body)
    metadata = json.loads(fetch(story.radiologist, f"{address}/metadata")[1])[0]
    assert metadata["00100010"]["Value"] == [{"Alphabetic": "NEW^NAME"}]
    before = metadata["04000561"]["Value"][0]["04000550"]["Value"][0]
    assert before["00100010"]["Value"] == [{"Alphabetic": "ROE^RICHARD"}]
    assert metadata["7FE00010"]["BulkDataURI"] == f"/dicom-web/{address}/bulkdata/7FE00010"
    with in_hospital(story.north):
        assert Study.objects.get().corrected_at is not None
