"""Suggestions: the right entry comes first, with reasons; modality agrees, retired ones never show."""

import pytest

from hospitals.models import Hospital
from routing_rules.demonstration_procedures import PROCEDURES
from routing_rules.models import Procedure
from routing_rules.selectors.procedure_suggestions import suggest
from tests.routing_rules.procedures.arrange import make_mapping, make_procedure
from tests.story import make_hospital, see_all


@pytest.fixture
def north(db: None) -> Hospital:
    return make_hospital("NORTH")


@pytest.fixture
def demonstration_catalogue(db: None) -> None:
    Procedure.objects.bulk_create(Procedure(**values) for values in PROCEDURES)


@pytest.mark.parametrize(
    ("modality", "description", "code"),
    [
        ("CT", "CT HEAD W/O CONTRAST", "CT_HEAD"),
        ("CT", "SCHÄDEL CT NATIV", "CT_HEAD"),
        ("CT", "CTPA", "CT_CHEST_PE"),
        ("CT", "ABD PELVIS W/ CONTRAST", "CT_ABDPEL_C"),
        ("MR", "MRT KNIE LINKS", "MR_KNEE"),
        ("MR", "RM JOELHO DIREITO", "MR_KNEE"),
        ("MR", "MRI L-SPINE", "MR_LSPINE"),
        ("DX", "CHEST 2 VIEWS", "XR_CHEST"),
        ("CR", "XR KNEE RIGHT AP LAT", "XR_KNEE"),
        ("US", "ABDOMINAL SONOGRAPHY", "US_ABDOMEN"),
        ("MG", "MAMMO SCREEN BILATERAL", "MG_SCREEN"),
        ("PT", "PET/CT FDG WHOLE BODY", "PT_FDG"),
    ],
)
def test_the_meant_procedure_comes_first(
    north: Hospital, demonstration_catalogue: None, modality: str, description: str, code: str
) -> None:
    row = make_mapping(north, code="X17", description=description, modality=modality)
    with see_all():
        found = suggest(row)
    assert [one.procedure.code for one in found][:1] == [code], [(one.procedure.code, one.score) for one in found]
    assert found[0].reasons


def test_modality_agrees_whatever_the_words_say(north: Hospital) -> None:
    make_procedure("MR_HEAD", name="Head", modality="MR")
    row = make_mapping(north, code="MR_HEAD", description="HEAD", modality="CT")
    with see_all():
        assert suggest(row) == []


def test_retired_entries_are_never_suggested(north: Hospital) -> None:
    make_procedure(is_active=False)
    with see_all():
        assert suggest(make_mapping(north, description="CT HEAD WITHOUT CONTRAST")) == []


def test_another_body_part_is_no_suggestion(north: Hospital) -> None:
    make_procedure("CT_CHEST", name="CT chest without contrast", body_part="CHEST")
    with see_all():
        assert suggest(make_mapping(north, code="9", description="CT KNEE WITHOUT CONTRAST")) == []


def test_an_answer_given_at_another_hospital_in_view_counts_most(north: Hospital) -> None:
    named, meant = make_procedure(name="Special program"), make_procedure("CT_OTHER", name="Something else")
    make_mapping(make_hospital("SOUTH"), meant, code="S1", description="SPECIAL PROGRAM 7")
    row = make_mapping(north, code="N1", description="SPECIAL PROGRAM 7")
    with see_all():
        first, second = suggest(row)
    assert (first.procedure, first.is_sure, first.reasons[0]) == (meant, True, "Same words at SOUTH")
    assert second.procedure == named


def test_a_code_like_the_catalogues_is_said(north: Hospital) -> None:
    make_procedure(name="Neurocranium")
    with see_all():
        [found] = suggest(make_mapping(north, code="CTHEAD", description=""))
    assert (found.is_sure, found.reasons) == (True, ("Code like CT_HEAD",))


def test_a_modality_in_common_is_no_likeness(north: Hospital) -> None:
    make_procedure("CT_UROGRAM", name="CT urography", body_part="ABDOMEN")
    with see_all():
        assert suggest(make_mapping(north, code="SP-1", description="CT SPECIAL PROGRAM B")) == []


def test_who_says_nothing_of_contrast_means_none(north: Hospital) -> None:
    plain = make_procedure()
    make_procedure("CT_HEAD_C", name="CT head with contrast")
    with see_all():
        first, second = suggest(make_mapping(north, code="9", description="SKULL"))
    assert (first.procedure, first.is_sure, second.is_sure) == (plain, True, False)
