"""Merges, moves and corrections of patients, and their way back."""

from datetime import UTC, date, datetime

import pytest

from pacs_core.access.errors import NotVisible
from pacs_core.archive.errors import ChangeNotUndoable, IdentityConflict, PatientMergeRefused
from pacs_core.archive.models import Patient, PatientChange, QuarantinedInstance, Study
from pacs_core.archive.services.identity import change_demographics, merge_patients, move_study
from pacs_core.archive.services.identity_undo import undo_patient_change
from pacs_core.audit.models import AuditEntry
from pacs_core.events.models import Event
from tests.pacs_core.archive.instances import index_all, receive, refused
from tests.story import (
    as_user,
    in_hospital,
    make_hospital,
    make_item,
    make_order,
    make_patient,
    make_study,
    make_user,
    see_all,
)
from worklist.models import Order, WorklistItem
from worklist.services.orders import OrderDetails, OrderedPatient, place_order
from worklist.services.patient_changes import follow_patient_change

pytestmark = pytest.mark.django_db


class Story:
    """A patient known twice: P2 is to be P1."""

    def __init__(self) -> None:
        self.north, self.south = make_hospital("NORTH"), make_hospital("SOUTH")
        self.p1, self.p2 = (make_patient(self.north, patient_id=f"P{number}") for number in (1, 2))
        self.study = make_study(self.north, self.p2)
        self.order = make_order(self.north, self.p2)

    def merge(self, surviving: Patient | None = None, merged: Patient | None = None) -> PatientChange | None:
        with in_hospital(self.north):
            return merge_patients(surviving_id=(surviving or self.p1).pk, merged_id=(merged or self.p2).pk)

    def undo(self, change: PatientChange) -> None:
        with in_hospital(self.north):
            undo_patient_change(patient_change_id=change.pk, reason="mistaken")

    def move(self, study: Study, patient: Patient, *, with_order: bool = False) -> PatientChange:
        with in_hospital(self.north):
            return move_study(study_id=study.pk, patient_id=patient.pk, with_order=with_order)

    def place(self, patient_id: str, accession_number: str) -> Order:
        with in_hospital(self.north):
            return place_order(
                hospital_id=self.north.pk,
                patient=OrderedPatient(patient_id=patient_id, issuer="NORTH"),
                details=OrderDetails(accession_number=accession_number, issuer_of_accession_number="NORTH"),
            )

    def whose(self) -> dict[str, set[str]]:
        """Return the studies and orders of each patient."""
        found: dict[str, set[str]] = {}
        with see_all():
            for study in Study.objects.select_related("patient"):
                found.setdefault(study.patient.patient_id, set()).add(f"study {study.study_instance_uid}")
            for order in Order.objects.select_related("patient"):
                found.setdefault(order.patient.patient_id, set()).add(f"order {order.accession_number}")
        return found


@pytest.fixture
def story() -> Story:
    return Story()


def test_merge_gives_studies_and_orders_to_the_survivor(story: Story) -> None:
    before = story.whose()["P2"]
    change = story.merge()
    assert story.whose() == {"P1": before}
    with see_all():
        story.p2.refresh_from_db()
        assert story.p2.merged_into_id == story.p1.pk
        assert (change.study_ids, change.order_ids) == ([story.study.pk], [story.order.pk])
        assert Event.objects.get(name="PatientIdentityChanged").payload["patient_change_id"] == change.pk
        assert AuditEntry.objects.get(action="patient.merged").object_id == str(story.p1.pk)


def test_merge_again_changes_nothing(story: Story) -> None:
    story.merge()
    assert story.merge() is None
    with see_all():
        assert PatientChange.objects.count() == 1


def test_images_and_orders_with_the_old_id_go_to_the_survivor(story: Story) -> None:
    story.merge()
    receive(story.north, PatientID="P2")
    index_all(story.north)
    order = story.place("P2", "A77")
    with see_all():
        study = Study.objects.get(study_instance_uid="2.25.1")
        assert (study.patient_id, study.identified_as_id) == (story.p1.pk, story.p2.pk)
        assert (order.patient_id, order.identified_as_id) == (story.p1.pk, story.p2.pk)


def test_undo_restores_everything_and_what_came_since_under_the_old_id(story: Story) -> None:
    own = make_study(story.north, story.p1)
    before = story.whose()
    change = story.merge()
    receive(story.north, PatientID="P2")
    index_all(story.north)
    story.place("P2", "A77")
    story.undo(change)
    after = story.whose()
    assert after["P1"] == before["P1"] == {f"study {own.study_instance_uid}"}
    assert after["P2"] == before["P2"] | {"study 2.25.1", "order A77"}
    with see_all():
        assert not Study.objects.filter(identified_as__isnull=False).exists()
        assert not Order.objects.filter(identified_as__isnull=False).exists()
        assert not Patient.objects.filter(merged_into__isnull=False).exists()
        change.refresh_from_db()
        assert change.undone_at is not None


def test_a_change_is_undone_once(story: Story) -> None:
    change = story.merge()
    story.undo(change)
    with pytest.raises(ChangeNotUndoable, match="undone already"):
        story.undo(change)


def test_merge_into_itself_and_in_a_circle_is_refused(story: Story) -> None:
    with pytest.raises(PatientMergeRefused, match="into itself"):
        story.merge(story.p1, story.p1)
    story.merge()
    for surviving, merged in ((story.p2, story.p1), (story.p2, story.p2)):
        with pytest.raises(PatientMergeRefused):
            story.merge(surviving, merged)
    third = make_patient(story.north)
    with pytest.raises(PatientMergeRefused, match="already merged into another"):
        story.merge(third, story.p2)
    with see_all():
        assert PatientChange.objects.count() == 1


def test_chain_of_merges_is_undone_from_its_end(story: Story) -> None:
    third = make_patient(story.north, patient_id="P3")
    before = story.whose()
    first = story.merge()
    second = story.merge(third, story.p1)
    with see_all():
        assert set(Patient.objects.filter(merged_into=third)) == {story.p1, story.p2}
    assert set(story.whose()) == {"P3"}
    with pytest.raises(ChangeNotUndoable, match=f"Change {second.pk} came after"):
        story.undo(first)
    story.undo(second)
    with see_all():
        assert set(Patient.objects.filter(merged_into=story.p1)) == {story.p2}
    story.undo(first)
    assert story.whose() == before


def test_survivor_that_was_merged_stands_for_its_own(story: Story) -> None:
    third = make_patient(story.north, patient_id="P3")
    story.merge(third, story.p1)
    assert story.merge(story.p1, story.p2).patient_id == third.pk


def test_another_hospitals_patients_are_out_of_reach(story: Story) -> None:
    theirs = make_patient(story.south)
    with in_hospital(story.north), pytest.raises(NotVisible):
        merge_patients(surviving_id=story.p1.pk, merged_id=theirs.pk)
    with see_all(), pytest.raises(PatientMergeRefused, match="linked, not merged"):
        merge_patients(surviving_id=story.p1.pk, merged_id=theirs.pk)
    with see_all(), pytest.raises(IdentityConflict, match="another hospital"):
        move_study(study_id=story.study.pk, patient_id=theirs.pk)
    change = story.merge()
    with in_hospital(story.south):
        with pytest.raises(NotVisible):
            undo_patient_change(patient_change_id=change.pk)
        assert not PatientChange.objects.exists()


def test_moved_study_keeps_growing_and_comes_back(story: Story) -> None:
    receive(story.north, PatientID="P1")
    index_all(story.north)
    with see_all():
        study = Study.objects.get(study_instance_uid="2.25.1")
    change = story.move(study, story.p2)
    receive(story.north, PatientID="P1", number=2)
    receive(story.north, PatientID="P2", number=3)
    refused(story.north, PatientID="P9", number=4)
    index_all(story.north)
    with see_all():
        study.refresh_from_db()
        assert (study.patient_id, study.number_of_instances) == (story.p2.pk, 3)
        assert QuarantinedInstance.objects.get().reason_code == "patient_mismatch"
    story.undo(change)
    with see_all():
        study.refresh_from_db()
        assert (study.patient_id, study.identified_as_id) == (story.p1.pk, None)


def test_order_goes_with_its_study_when_asked(story: Story) -> None:
    item = make_item(story.north, story.study, story.order)
    other = make_order(story.north, story.p2)
    change = story.move(story.study, story.p1, with_order=True)
    assert change.order_ids == [story.order.pk]
    assert story.whose()["P2"] == {f"order {other.accession_number}"}
    # A later message that names the same patient as before does not take the order back.
    story.place("P2", story.order.accession_number)
    with see_all():
        story.order.refresh_from_db()
        assert story.order.patient_id == story.p1.pk
        assert WorklistItem.objects.get(pk=item.pk).order_id == story.order.pk


def test_merge_settles_the_doubt_about_order_and_images(story: Story) -> None:
    study = make_study(story.north, story.p1, accession_number=story.order.accession_number)
    item = make_item(story.north, study, reconciliation_reason="patient_differs")
    change = story.merge()
    with in_hospital(story.north):
        follow_patient_change(patient_change_id=change.pk)
        follow_patient_change(patient_change_id=change.pk)
        item.refresh_from_db()
    assert (item.reconciliation_reason, item.order_id) == ("", story.order.pk)
    story.undo(change)
    with in_hospital(story.north):
        follow_patient_change(patient_change_id=change.pk)
        item.refresh_from_db()
    assert item.reconciliation_reason == "patient_differs"


def test_corrected_details_are_kept_with_the_old_ones(story: Story) -> None:
    with in_hospital(story.north):
        change = change_demographics(patient_id=story.p1.pk, name="ROE^JANE", birth_date=date(1970, 2, 1))
        assert change_demographics(patient_id=story.p1.pk, name="ROE^JANE", sex="F") is None
        patient = Patient.objects.get(pk=story.p1.pk)
    assert (patient.name, patient.birth_date) == ("ROE^JANE", date(1970, 2, 1))
    assert change.before == {"name": story.p1.name, "birth_date": "1970-01-02"}
    assert change.after == {"name": "ROE^JANE", "birth_date": "1970-02-01"}
    story.undo(change)
    with see_all():
        patient.refresh_from_db()
    assert (patient.name, patient.birth_date) == (story.p1.name, date(1970, 1, 2))


def test_older_message_does_not_take_back_a_newer_one(story: Story) -> None:
    with in_hospital(story.north):
        change_demographics(patient_id=story.p1.pk, name="NEW", message_at=datetime(2026, 11, 2, tzinfo=UTC))
        change_demographics(patient_id=story.p1.pk, name="OLD", message_at=datetime(2026, 11, 1, tzinfo=UTC))
        assert Patient.objects.get(pk=story.p1.pk).name == "NEW"


def test_details_changed_again_since_are_not_undone(story: Story) -> None:
    with in_hospital(story.north):
        first = change_demographics(patient_id=story.p1.pk, name="A")
        second = change_demographics(patient_id=story.p1.pk, name="B")
    with pytest.raises(ChangeNotUndoable, match="changed again"):
        story.undo(first)
    story.undo(second)
    story.undo(first)
    with see_all():
        assert Patient.objects.get(pk=story.p1.pk).name == story.p1.name


def test_who_did_it_is_kept(story: Story) -> None:
    coordinator = make_user("coordinator", story.north)
    with as_user(coordinator):
        change = merge_patients(surviving_id=story.p1.pk, merged_id=story.p2.pk, reason=" same birth record ")
    assert (change.source, change.actor_id, change.reason) == ("person", coordinator.pk, "same birth record")
