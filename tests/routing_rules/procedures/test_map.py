"""Noting what hospitals call their examinations, and mapping it to the catalogue."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connections

from hospitals.demonstration.cases import CASES
from hospitals.models import Hospital, User
from pacs_core.access.errors import NotVisible
from pacs_core.audit.models import AuditEntry
from pacs_core.events.models import Event
from routing_rules.demonstration_procedures import MAPPINGS, PROCEDURES
from routing_rules.errors import InvalidProcedure, ProcedureNotAllowed
from routing_rules.handlers_procedures import note_procedure_of_item
from routing_rules.models import ItemProcedure, Procedure, ProcedureMapping
from routing_rules.procedure_words import as_description
from routing_rules.services.catalogue import add_procedure, change_procedure, retire_procedure
from routing_rules.services.procedures import map_procedure, map_procedures
from tests.routing_rules.procedures.arrange import make_mapping, make_named_item, make_procedure
from tests.story import as_user, in_hospital, make_hospital, make_user, see_all
from worklist.models import Order, WorklistItem

VALUES = {"code": "CT_HEAD", "name": "CT head", "modality": "CT", "relative_value": 0.9, "expected_minutes": 8}


@pytest.fixture
def north(db: None) -> Hospital:
    return make_hospital("NORTH")


@pytest.fixture
def coordinator(north: Hospital) -> User:
    return make_user("coordinator", north)


def note(item: WorklistItem) -> ProcedureMapping:
    """Deliver the event that an opened or changed item emits."""
    with in_hospital(item.hospital):
        note_procedure_of_item(Event(name="WorklistItemOpened", payload={"worklist_item_id": item.pk}))
        return ProcedureMapping.objects.get(item_procedures__worklist_item=item)


def test_each_name_is_one_row_that_counts_its_items_once(north: Hospital) -> None:
    first, second = make_named_item(north, "H1", "Skull"), make_named_item(north, "H1", " skull ")
    note(first)
    note(first)
    row = note(second)
    assert (row.local_code, row.local_description, row.number_of_studies, row.procedure) == ("H1", "SKULL", 2, None)
    with see_all():
        assert ProcedureMapping.objects.count() == 1


def test_a_changed_order_moves_the_item_to_the_other_name(north: Hospital) -> None:
    item = make_named_item(north, "H1", "Skull")
    note(item)
    with see_all():
        Order.objects.update(procedure_code="C1", procedure_description="Chest")
    assert note(item).number_of_studies == 1
    with see_all():
        assert dict(ProcedureMapping.objects.values_list("local_code", "number_of_studies")) == {"H1": 0, "C1": 1}


def test_the_catalogues_very_code_maps_itself_of_its_modality_only(north: Hospital) -> None:
    head = make_procedure()
    own, other = (
        note(make_named_item(north, "CT_HEAD", "Skull")),
        note(make_named_item(north, "CT_HEAD", "Skull", "MR")),
    )
    assert (own.procedure, own.mapped_by, own.mapped_at is not None) == (head, None, True)
    assert (other.procedure, other.mapped_at) == (None, None)


def test_a_code_that_is_mapped_answers_for_another_text(north: Hospital) -> None:
    head = make_procedure()
    make_mapping(north, head, code="H1", description="SKULL")
    assert note(make_named_item(north, "H1", "Skull, child")).procedure == head


def test_a_person_maps_a_row_and_waiting_rows_of_its_code_follow(north: Hospital, coordinator: User) -> None:
    head = make_procedure()
    chosen, same, other = (
        make_mapping(north, code=code, description=text) for code, text in (("H1", "A"), ("H1", "B"), ("H2", "C"))
    )
    with as_user(coordinator):
        outcome = map_procedure(mapping_id=chosen.pk, procedure_id=head.pk, user=coordinator)
        for row in (chosen, same, other):
            row.refresh_from_db()
        assert (outcome.chosen, outcome.followed) == (1, 1)
        assert (chosen.procedure, chosen.mapped_by, same.procedure, other.procedure) == (head, coordinator, head, None)
        assert AuditEntry.objects.filter(action="procedure.mapped", actor=coordinator).count() == 2
        assert list(Event.objects.filter(name="ProceduresMapped").values_list("hospital_id", flat=True)) == [north.pk]


def test_a_row_may_be_sent_back_to_the_waiting_ones(north: Hospital, coordinator: User) -> None:
    row = make_mapping(north, make_procedure())
    with as_user(coordinator):
        map_procedure(mapping_id=row.pk, procedure_id=None, user=coordinator)
        row.refresh_from_db()
    assert (row.procedure, row.mapped_at, row.mapped_by) == (None, None, None)


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"modality": "MR"}, "SKULL is CT, OTHER is MR. Maybe choose another procedure."),
        ({"is_active": False}, "OTHER is retired. Maybe choose its successor for SKULL."),
    ],
)
def test_mapping_in_bulk_is_all_or_nothing(
    north: Hospital, coordinator: User, fields: dict[str, object], words: str
) -> None:
    head, other = make_procedure(), make_procedure("OTHER", **fields)
    good = make_mapping(north, code="H1", description="HEAD")
    bad = make_mapping(north, code="H2", description="SKULL")
    with as_user(coordinator):
        with pytest.raises(ProcedureNotAllowed) as refusal:
            map_procedures(choices={good.pk: head.pk, bad.pk: other.pk}, user=coordinator)
        assert str(refusal.value) == words
        assert not ProcedureMapping.objects.filter(procedure__isnull=False).exists()


def test_another_hospitals_row_does_not_exist(north: Hospital, coordinator: User) -> None:
    row = make_mapping(make_hospital("SOUTH"))
    head = make_procedure()
    with as_user(coordinator), pytest.raises(NotVisible):
        map_procedure(mapping_id=row.pk, procedure_id=head.pk, user=coordinator)
    with see_all():
        row.refresh_from_db()
    assert row.procedure is None


def test_a_new_entry_takes_the_names_that_waited_for_its_code(north: Hospital, coordinator: User) -> None:
    south = make_hospital("SOUTH")
    rows = [make_mapping(hospital, code="CT_HEAD") for hospital in (north, south)]
    magnet = make_mapping(north, code="CT_HEAD", modality="MR")
    with as_user(coordinator):
        procedure, mapped = add_procedure(**VALUES)
    with see_all():
        for row in (*rows, magnet):
            row.refresh_from_db()
        assert mapped == 2
        assert [row.procedure for row in (*rows, magnet)] == [procedure, procedure, None]


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("code", "CT HEAD", "'CT HEAD' is no code: letters, digits, _ . or -, 40 at most. Maybe CT_HEAD."),
        ("name", " ", "must have 1 to 120 letters"),
        ("modality", "XX", "'XX' is none that is read. Maybe one of CR, CT, DX, MG, MR, NM, PT, RF, US, XA."),
        ("subspecialty", "nuero", "'nuero' is unknown. Maybe neuro."),
        ("relative_value", "1,2", "'1,2' is no number. Maybe write 1.25 with a point."),
        ("relative_value", "nan", "nan lies outside 0 to 50"),
        ("expected_minutes", 0, "0 lies outside 0.5 to 240"),
    ],
)
def test_what_cannot_be_catalogued_is_refused_with_its_reason(
    coordinator: User, field: str, value: object, words: str
) -> None:
    with as_user(coordinator):
        with pytest.raises(InvalidProcedure) as refusal:
            add_procedure(**VALUES | {field: value})
        assert (refusal.value.field, refusal.value.reason) == (field, words)
        assert not Procedure.objects.exists()


def test_a_code_is_given_once(coordinator: User) -> None:
    with as_user(coordinator):
        add_procedure(**VALUES)
        with pytest.raises(InvalidProcedure, match="in the catalogue already"):
            add_procedure(**VALUES | {"code": "ct_head"})


def test_modality_stays_while_names_of_it_are_mapped(north: Hospital, coordinator: User) -> None:
    head = make_procedure()
    make_mapping(north, head)
    with as_user(coordinator):
        with pytest.raises(InvalidProcedure, match="Names of CT are mapped to CT_HEAD"):
            change_procedure(procedure=head, modality="MR")
        changed = change_procedure(procedure=head, name="CT of the head", expected_minutes=7)
        assert AuditEntry.objects.get(action="procedure.changed").detail == {"fields": ["expected_minutes", "name"]}
    assert (changed.name, changed.modality, changed.expected_minutes) == ("CT of the head", "CT", 7.0)


def test_retiring_moves_the_names_of_the_whole_network(north: Hospital, coordinator: User) -> None:
    old, new = make_procedure("OLD"), make_procedure("NEW")
    rows = [make_mapping(hospital, old) for hospital in (north, make_hospital("SOUTH"))]
    with as_user(coordinator):
        assert retire_procedure(procedure=old, replacement=new) == 2
    with see_all():
        for row in rows:
            row.refresh_from_db()
        assert {row.procedure for row in rows} == {new}
        assert not Procedure.objects.get(code="OLD").is_active


def test_a_replacement_has_the_same_modality(coordinator: User) -> None:
    old, new = make_procedure("OLD"), make_procedure("NEW", modality="MR")
    with as_user(coordinator):
        with pytest.raises(InvalidProcedure, match="NEW is MR, OLD is CT"):
            retire_procedure(procedure=old, replacement=new)
        assert Procedure.objects.get(code="OLD").is_active


def test_the_demonstration_leaves_two_names_to_the_coordinator() -> None:
    mapped = {(hospital, code, as_description(text)) for hospital, _modality, code, text, _catalogued in MAPPINGS}
    catalogued = {entry["code"]: entry["modality"] for entry in PROCEDURES}
    waiting = [
        case.description
        for case in CASES
        if (case.hospital, case.procedure_code, as_description(case.description)) not in mapped
    ]
    assert waiting == ["CT chest, nodule follow-up", "FDG PET, staging"]
    assert all(catalogued[code] == modality for _hospital, modality, _code, _text, code in MAPPINGS)


def test_two_events_of_one_item_at_once_count_it_once(committed_db: None) -> None:
    """The second answer begins while the first has written its row but not committed it."""
    north = make_hospital("NORTH")
    note(make_named_item(north, "H1", "Skull"))
    item = make_named_item(north, "H1", "Skull")
    has_written = threading.Event()

    def answer_first() -> None:
        with in_hospital(north):
            note(item)
            has_written.set()
            time.sleep(0.5)
        connections.close_all()

    def answer_second() -> None:
        assert has_written.wait(10)
        try:
            note(item)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(2) as pool:
        for done in [pool.submit(answer_first), pool.submit(answer_second)]:
            done.result(timeout=30)
    with see_all():
        assert list(ProcedureMapping.objects.values_list("number_of_studies", flat=True)) == [2]
        assert ItemProcedure.objects.count() == 2
