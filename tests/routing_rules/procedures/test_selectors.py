"""Which procedure an item is, how long it takes and for whom, in a fixed number of queries."""

import pytest
from pytest_django import DjangoAssertNumQueries

from hospitals.models import Hospital
from routing_rules.models import LearntReadingTime
from routing_rules.selectors.procedures import catalogue, expected_minutes, procedures_of, relative_value, speed_factors
from tests.routing_rules.procedures.arrange import make_mapping, make_named_item, make_procedure, make_study_only_item
from tests.story import make_hospital, make_radiologist, see_all
from worklist.models import WorklistItem


@pytest.fixture
def north(db: None) -> Hospital:
    return make_hospital("NORTH")


def loaded(*items: WorklistItem) -> list[WorklistItem]:
    ids = [item.pk for item in items]
    return list(WorklistItem.objects.select_related("study", "order").filter(pk__in=ids).order_by("pk"))


def test_each_item_has_the_procedure_of_its_hospitals_row_in_two_queries(
    north: Hospital, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    head, chest = make_procedure(), make_procedure("CT_CHEST")
    make_mapping(north, head, code="H1", description="SKULL")
    make_mapping(north, chest, code="", description="THORAX")
    coded, described = make_named_item(north, "H1", " Skull "), make_named_item(north, "", "thorax")
    imaged, unknown = make_study_only_item(north, "Thorax"), make_named_item(north, "X9", "Nobody knows")
    with see_all():
        items = loaded(coded, described, imaged, unknown)
        with django_assert_num_queries(2):
            found = procedures_of(items)
    assert found == {coded.pk: head, described.pk: chest, imaged.pk: chest, unknown.pk: None}


def test_another_hospitals_row_says_nothing(north: Hospital) -> None:
    make_mapping(make_hospital("SOUTH"), make_procedure(), code="H1", description="SKULL")
    item = make_named_item(north, "H1", "Skull")
    with see_all():
        assert procedures_of(loaded(item)) == {item.pk: None}


def test_a_code_answers_for_another_text_while_its_rows_agree(north: Hospital) -> None:
    head, chest = make_procedure(), make_procedure("CT_CHEST")
    make_mapping(north, head, code="H1", description="SKULL")
    item = make_named_item(north, "H1", "Skull, left")
    with see_all():
        assert procedures_of(loaded(item)) == {item.pk: head}
    make_mapping(north, chest, code="H1", description="CHEST")
    with see_all():
        assert procedures_of(loaded(item)) == {item.pk: None}


def test_the_catalogues_own_code_maps_itself_when_the_modality_agrees(north: Hospital) -> None:
    head = make_procedure()
    own, other = make_named_item(north, "CT_HEAD", "Skull"), make_named_item(north, "CT_HEAD", "Skull", modality="MR")
    with see_all():
        assert procedures_of(loaded(own, other)) == {own.pk: head, other.pk: None}


def test_learnt_minutes_count_before_the_catalogues(north: Hospital) -> None:
    head, chest = make_procedure(), make_procedure("CT_CHEST", expected_minutes=9.0)
    ada = make_radiologist(north)
    LearntReadingTime.objects.create(procedure=head, minutes=6.5, number_of_readings=40)
    LearntReadingTime.objects.create(radiologist=ada, speed_factor=1.2, number_of_readings=60)
    entries = {entry.code: entry for entry in catalogue()}
    assert [expected_minutes(entries[name.code], "CT") for name in (head, chest)] == [6.5, 9.0]
    assert (expected_minutes(None, "CT"), relative_value(None, "CT")) == (10.0, 1.2)
    assert entries["CT_HEAD"].number_of_readings == 40
    assert speed_factors() == {ada.pk: 1.2}
