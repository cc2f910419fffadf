"""QIDO-RS: what is found, by whom, in which form."""

from datetime import UTC, datetime
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from hospitals.models import User
from tests.pacs_core.network.dicomweb.archive import file_study, make_grant
from tests.pacs_core.network.dicomweb.conftest import Story, fetch
from tests.story import in_hospital, make_patient, make_study


def get(user: User | None, path: str, **headers: str) -> Any:
    return fetch(user, path, **headers)[0]


def uids(response: Any, tag: str = "0020000D") -> list[str]:
    assert response.status_code == 200, response.content
    return [result[tag]["Value"][0] for result in response.json()]


def test_study_has_the_attributes_the_viewer_needs(story: Story) -> None:
    study = file_study(story.north)
    response = get(story.radiologist, "studies")
    assert response["Content-Type"] == "application/dicom+json"
    (result,) = response.json()
    assert result["0020000D"]["Value"] == [study.study_instance_uid]
    assert result["00080061"]["Value"] == ["CT"]
    assert result["00100010"]["Value"] == [{"Alphabetic": study.patient.name}]
    assert result["00081190"]["Value"] == [f"/dicom-web/studies/{study.study_instance_uid}"]
    assert result["00200010"]["Value"] == ["S7"]
    assert result["00201208"] == {"vr": "IS", "Value": [1]}
    assert list(result) == sorted(result)


def test_modalities_are_present_even_when_empty(story: Story) -> None:
    study = file_study(story.north)
    with in_hospital(story.north):
        type(study).objects.update(modalities=[])
    (result,) = get(story.radiologist, "studies").json()
    assert result["00080061"] == {"vr": "CS", "Value": []}


def test_study_date_is_the_hospitals_own_day(story: Story) -> None:
    night = datetime(2024, 3, 1, 23, 30, tzinfo=UTC)
    study = make_study(story.north, study_at=night)
    (result,) = get(story.radiologist, "studies?StudyDate=20240302").json()
    assert result["00080020"]["Value"] == ["20240302"]
    assert result["00080030"]["Value"] == ["003000"]
    assert get(story.radiologist, "studies?StudyDate=20240301").status_code == 204
    for wanted in ("20240302-", "-20240302", "20240301-20240303"):
        assert uids(get(story.radiologist, f"studies?StudyDate={wanted}")) == [study.study_instance_uid]


@pytest.mark.parametrize(
    "query",
    [
        "PatientID=Q-17",
        "00100020=Q-1*",
        "PatientName=mueller*",
        "PatientName=MUELLER%5EANNA",
        "AccessionNumber=ACC.1%3F",
        "ModalitiesInStudy=MR",
        "ModalitiesInStudy=CT,MR",
        "PatientBirthDate=19700102",
    ],
)
def test_each_attribute_matches_only_its_study(story: Story, query: str) -> None:
    patient = make_patient(story.north, patient_id="Q-17", name="MUELLER^ANNA")
    wanted = make_study(story.north, patient, accession_number="ACC.1x", modalities=["MR"])
    other = make_patient(story.north, patient_id="R", name="SMITH", birth_date=None)
    make_study(story.north, other, accession_number="ACCx1x", modalities=["US"])
    assert uids(get(story.radiologist, f"studies?{query}")) == [wanted.study_instance_uid]


def test_list_of_uids_finds_all_of_them(story: Story) -> None:
    studies = [make_study(story.north) for _ in range(3)]
    wanted = {study.study_instance_uid for study in studies[:2]}
    for separator in (",", "%5C"):
        response = get(story.radiologist, f"studies?StudyInstanceUID={separator.join(wanted)}")
        assert set(uids(response)) == wanted


def test_paging_gives_each_study_once_and_says_that_there_are_more(story: Story) -> None:
    studies = {make_study(story.north).study_instance_uid for _ in range(5)}
    first = get(story.radiologist, "studies?limit=3")
    second = get(story.radiologist, "studies?limit=3&offset=3")
    assert set(uids(first)) | set(uids(second)) == studies
    assert (len(uids(first)), len(uids(second))) == (3, 2)
    assert "additional results" in first["Warning"]
    assert "Warning" not in second


def test_included_field_comes_from_the_header(story: Story) -> None:
    file_study(story.north, Manufacturer="Meridian Works")
    for field in ("Manufacturer", "00080070", "StudyDescription,Manufacturer", "all&includefield=Manufacturer"):
        (result,) = get(story.radiologist, f"studies?includefield={field}").json()
        assert result["00080070"]["Value"] == ["Meridian Works"]
    assert "00080070" not in get(story.radiologist, "studies").json()[0]


def test_unknown_parameter_is_refused_and_unsupported_one_is_told(story: Story) -> None:
    make_study(story.north)
    refused = get(story.radiologist, "studies?PatientIdd=1")
    assert refused.status_code == 400
    assert refused["Content-Type"] == "application/problem+json"
    assert "PatientIdd" in refused.json()["detail"]
    ignored = get(story.radiologist, "studies?InstitutionName=x")
    assert len(ignored.json()) == 1
    assert "InstitutionName" in ignored["Warning"]


@pytest.mark.parametrize(
    "query",
    [
        *("limit=-1", "offset=x", "StudyDate=2024", "StudyDate=20240230", "SeriesNumber=x"),
        *("StudyTime=2561", "StudyTime=-", "PatientName=A%00*", "SeriesInstanceUID=1.2%00"),
    ],
)
def test_unreadable_value_is_refused(story: Story, query: str) -> None:
    assert get(story.radiologist, f"series?{query}").status_code == 400


def test_series_and_instances_of_a_study(story: Story) -> None:
    study = file_study(story.north, images=3)
    series_uid = f"{study.study_instance_uid}.1"
    (series,) = get(story.radiologist, f"studies/{study.study_instance_uid}/series").json()
    assert series["0020000E"]["Value"] == [series_uid]
    assert series["00201209"]["Value"] == [3]
    path = f"studies/{study.study_instance_uid}/series/{series_uid}/instances"
    instances = get(story.radiologist, path)
    assert uids(instances, "00080018") == [f"{series_uid}.{position}" for position in (1, 2, 3)]
    assert instances.json()[0]["00280010"]["Value"] == [16]
    assert uids(get(story.radiologist, f"{path}?InstanceNumber=2"), "00080018") == [f"{series_uid}.2"]
    assert len(get(story.radiologist, f"studies/{study.study_instance_uid}/instances").json()) == 3


def test_other_hospitals_studies_are_not_there(story: Story) -> None:
    study = file_study(story.north)
    assert len(get(story.radiologist, "studies").json()) == 1
    assert get(story.foreign_radiologist, "studies").status_code == 204
    assert get(story.foreign_radiologist, "instances").status_code == 204
    assert get(story.foreign_radiologist, f"studies/{study.study_instance_uid}/series").status_code == 404


def test_same_patient_number_elsewhere_is_no_prior(story: Story) -> None:
    """OHIF looks for priors by PatientID alone; the reading root holds it to the grant's studies."""
    mine = file_study(story.north, patient=make_patient(story.north, patient_id="7"))
    prior = file_study(story.north, patient=mine.patient)
    file_study(story.north, patient=mine.patient)
    file_study(story.south, patient=make_patient(story.south, patient_id="7"))
    grant = make_grant(story.radiologist, mine, prior)
    response = get(story.radiologist, f"reading/{grant.key}/studies?PatientID=7")
    assert set(uids(response)) == {mine.study_instance_uid, prior.study_instance_uid}
    assert response.json()[0]["00081190"]["Value"][0].startswith(f"/dicom-web/reading/{grant.key}/studies/")


def test_json_is_negotiated(story: Story) -> None:
    file_study(story.north)
    assert get(story.radiologist, "studies", Accept="application/json")["Content-Type"] == "application/json"
    assert get(story.radiologist, "studies", Accept="text/html").status_code == 406
    mixed = get(story.radiologist, "studies", Accept="multipart/related; type=application/dicom, */*;q=0.1")
    assert mixed["Content-Type"] == "application/dicom+json"


def test_number_of_queries_does_not_grow_with_the_results(story: Story) -> None:
    counts = []
    for number_of_studies in (1, 9):
        for _ in range(number_of_studies):
            file_study(story.north)
        with CaptureQueriesContext(connection) as queries:
            found = get(story.radiologist, "studies").json()
        counts.append((len(found), len(queries)))
    (few, queries_for_few), (many, queries_for_many) = counts
    assert (few, many) == (1, 10)
    assert queries_for_few == queries_for_many
