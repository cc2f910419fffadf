"""The metadata of whole series: written with the rows, true however an instance changes."""

import json
from typing import Any

import pytest
from django.db.models import Value
from django.db.models.functions import Concat

from hospitals.models import Hospital
from pacs_core.archive.models import Instance, Series, SeriesMetadata
from pacs_core.archive.selectors.series_metadata import metadata_of_series
from pacs_core.archive.services.series_metadata import gather_series_metadata
from tests.pacs_core.archive.instances import index_all, make_dataset, receive
from tests.story import in_hospital, make_hospital

pytestmark = pytest.mark.django_db


@pytest.fixture
def north() -> Hospital:
    return make_hospital()


def store(hospital: Hospital, *numbers: int, series: int = 1) -> None:
    for number in numbers:
        receive(hospital, make_dataset(number=number, series=series))
    index_all(hospital)


def told() -> list[dict[str, Any]]:
    number, text = metadata_of_series(Series.objects.all())
    documents = json.loads(b"[" + text + b"]")
    assert len(documents) == number
    return documents


def numbers_told() -> list[int]:
    return [document["00200013"]["Value"][0] for document in told()]


def test_each_batch_adds_one_text_that_tells_what_the_rows_hold(north: Hospital) -> None:
    store(north, 1, 2)
    store(north, 3)
    with in_hospital(north):
        assert list(SeriesMetadata.objects.order_by("pk").values_list("number_of_instances", flat=True)) == [2, 1]
        rows = {row.sop_instance_uid: row.metadata for row in Instance.objects.all()}
        assert {document["00080018"]["Value"][0]: document for document in told()} == rows


def test_gathering_makes_one_text_in_the_order_of_the_images(north: Hospital) -> None:
    store(north, 3)
    store(north, 1, 2)
    with in_hospital(north):
        series = Series.objects.get()
        for _ in range(2):
            gather_series_metadata(study_id=series.study_id)
            assert SeriesMetadata.objects.get().number_of_instances == 3
            assert numbers_told() == [1, 2, 3]


def test_a_changed_instance_is_told_as_it_is_now(north: Hospital) -> None:
    store(north, 1, 2)
    with in_hospital(north):
        changed = Instance.objects.get(instance_number=2)
        changed.metadata["00100020"] = {"vr": "LO", "Value": ["CORRECTED"]}
        changed.save()
        assert not SeriesMetadata.objects.exists()
        assert [document["00100020"]["Value"] for document in told()] == [["P1"], ["CORRECTED"]]
        gather_series_metadata(study_id=changed.series.study_id)
        assert SeriesMetadata.objects.get().number_of_instances == 2


def test_a_removed_instance_is_told_no_more(north: Hospital) -> None:
    store(north, 1, 2)
    with in_hospital(north):
        Instance.objects.get(instance_number=1).delete()
        assert numbers_told() == [2]


def test_instances_without_a_text_are_read_from_their_rows(north: Hospital) -> None:
    store(north, 1, 2)
    with in_hospital(north):
        SeriesMetadata.objects.all().delete()
        assert numbers_told() == [1, 2]


def test_other_changes_of_an_instance_leave_its_text(north: Hospital) -> None:
    store(north, 1)
    with in_hospital(north):
        Instance.objects.update(file_path=Concat("file_path", Value(".moved")))
        assert SeriesMetadata.objects.count() == 1


def test_another_hospital_sees_no_text(north: Hospital) -> None:
    store(north, 1)
    with in_hospital(make_hospital("SOUTH")):
        assert metadata_of_series(Series.objects.all()) == (0, b"")
        assert not SeriesMetadata.objects.exists()
