"""Data sets as JSON and XML, whole headers, capabilities: what is negotiated beside the pixels."""

import json
import re
from typing import Any
from xml.etree import ElementTree

import pytest
from asgiref.sync import async_to_sync

from pacs_core.network.dicomweb import urls
from pacs_core.network.dicomweb.capabilities import METHODS, WADL
from pacs_core.standards.dicom.xml_model import json_of_xml
from tests.pacs_core.network.dicomweb.archive import file_study
from tests.pacs_core.network.dicomweb.conftest import Story, client_of, fetch
from tests.pacs_core.network.dicomweb.test_access import addresses
from tests.pacs_core.network.dicomweb.test_retrieve import address, parts_of

XML = 'multipart/related; type="application/dicom+xml"'


@pytest.mark.parametrize("path", ["studies", "series", "instances", "studies/{study}/metadata"])
def test_xml_says_what_json_says(story: Story, path: str) -> None:
    study = file_study(story.north, images=2)
    path = path.format(study=study.study_instance_uid)
    documents = fetch(story.radiologist, path)[0].json()
    answer = fetch(story.radiologist, path, Accept=XML)
    assert answer[0]["Content-Type"].startswith(XML)
    found = [json_of_xml(content) for _, content in parts_of(*answer)]
    assert [model["0020000D"] for model in found] == [document["0020000D"] for document in documents]
    assert [set(model) for model in found] == [set(document) for document in documents]


def test_search_without_results_has_no_content(story: Story) -> None:
    for accept in ("application/dicom+json", XML):
        response, body = fetch(story.radiologist, "studies", Accept=accept)
        assert (response.status_code, body) == (204, b"")


def test_all_fields_are_those_of_the_level(story: Story) -> None:
    file_study(story.north, Manufacturer="Meridian Works", PatientComments="Tall", KVP="120")
    study, series, instance = (
        fetch(story.radiologist, f"{level}?includefield=all")[0].json()[0]
        for level in ("studies", "series", "instances")
    )
    assert study["00104000"]["Value"] == ["Tall"]
    assert "00080070" not in study
    assert series["00080070"]["Value"] == ["Meridian Works"]
    assert "00180060" not in series
    assert instance["00180060"]["Value"] == [120]
    assert "7FE00010" not in instance
    assert list(instance) == sorted(instance)


def test_fuzzy_matching_is_told_to_be_literal(story: Story) -> None:
    study = file_study(story.north)
    response, _ = fetch(story.radiologist, f"studies?fuzzymatching=true&PatientID={study.patient.patient_id}")
    assert response["Warning"] == (
        '299 Meridian "The fuzzymatching parameter is not supported. Only literal matching has been performed."'
    )
    assert "Warning" not in fetch(story.radiologist, "studies?fuzzymatching=false")[0]
    assert fetch(story.radiologist, "studies?fuzzymatching=perhaps")[0].status_code == 400


def test_accept_in_the_address_says_more_than_the_header(story: Story) -> None:
    study = file_study(story.north)
    for text in ("application/dicom%2Bjson", "application/dicom+json"):
        response, _ = fetch(story.radiologist, f"studies?accept={text}", Accept="text/html")
        assert response["Content-Type"] == "application/dicom+json"
    assert fetch(story.radiologist, f"{address(study)}/rendered?accept=image/png")[0]["Content-Type"] == "image/png"
    assert fetch(story.radiologist, "studies?accept=text/csv", Accept="*/*")[0].status_code == 406


def ask(story: Story, path: str, **headers: str) -> Any:
    return async_to_sync(client_of(story.radiologist).options)(f"/dicom-web/{path}", headers=headers)


def test_capabilities_name_every_address(story: Story) -> None:
    document = json.loads(ask(story, "", Accept="application/json").content)
    offered = {one["path"] for one in document["methods"] if one["method"] == "GET"}
    values = {"study": "2.25.1", "series": "2.25.1.1", "instance": "2.25.1.1.1", "frames": "1", "element": "7FE00010"}
    known = {path for path in addresses("2.25.1") if path}
    assert {path.format(**values) for path in offered if not path.startswith("workitems")} == known
    tree = ElementTree.fromstring(ask(story, "", Accept=WADL).content)
    resources = tree.findall(".//{*}resource")
    assert {resource.get("path") for resource in resources} == {one.path for one in METHODS}
    assert len(tree.findall(".//{*}method")) == len(METHODS)
    assert ask(story, "", Accept="text/html").status_code == 406
    assert re.search(r"/dicom-web/$", tree.find(".//{*}resources").get("base"))
    assert urls.app_name == "dicomweb"
