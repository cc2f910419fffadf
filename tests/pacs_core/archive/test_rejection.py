"""Rejection notes hide what they name, whichever comes first; revoking one restores it."""

import pytest

from pacs_core.access.errors import NotVisible
from pacs_core.archive.errors import RejectionRefused
from pacs_core.archive.models import Instance, RejectionNote, Series, Study
from pacs_core.archive.services.rejection import reject_images, revoke_rejection_note
from pacs_core.audit.models import AuditEntry
from pacs_core.events.models import Event
from pacs_core.network.forwarding.selectors import parcels_of
from tests.pacs_core.archive.instances import index_all, receive
from tests.pacs_core.archive.rejection_notes import make_note
from tests.story import in_hospital, make_hospital, make_node, see_all
from worklist.models import WorklistItem
from worklist.services.opening import open_worklist_item
from worklist.services.shown_images import follow_shown_images

pytestmark = pytest.mark.django_db
UIDS = ["2.25.1.1.1", "2.25.1.1.2", "2.25.1.2.3"]
HIDING = ["113001", "113037", "113038"]


@pytest.fixture
def north():
    hospital = make_hospital()
    make_node(hospital)
    return hospital


def receive_images(north) -> None:
    for number, series in ((1, 1), (2, 1), (3, 2)):
        receive(north, number=number, series=series)
    index_all(north)


def shown(north) -> tuple[list[str], int, int, list[str]]:
    """Return the instances to be seen, and what the study says of its numbers and modalities."""
    with in_hospital(north):
        uids = sorted(parcel.sop_instance_uid for parcel in parcels_of(Instance.objects.all()))
        assert list(Instance.objects.order_by("sop_instance_uid").values_list("sop_instance_uid", flat=True)) == uids
        study = Study.kept.get()
        assert Study.objects.exists() == bool(uids)
        assert study.number_of_series == Series.objects.count()
        assert sum(Series.objects.values_list("number_of_instances", flat=True)) == study.number_of_instances
        return uids, study.number_of_series, study.number_of_instances, study.modalities


def file_note(north, *named: str, **options) -> None:
    receive(north, make_note(*named, **options))
    index_all(north)


def names(events) -> list[str]:
    return list(events.order_by("pk").values_list("name", flat=True))


@pytest.mark.parametrize("code", [*HIDING, "113039"])
def test_a_note_hides_what_it_names_and_itself(north, code):
    receive_images(north)
    file_note(north, UIDS[0], UIDS[2], code=code)
    assert shown(north) == ([UIDS[1]], 1, 1, ["CT"])
    with in_hospital(north):
        assert Event.objects.get(name="InstancesRejected").payload["instances"] == 3
        assert "StudyGrew" not in names(Event.objects)
        assert AuditEntry.objects.get(action="images.rejected").detail == {"code": code, "instances": 2}


def test_key_objects_with_other_titles_hide_nothing(north):
    receive_images(north)
    file_note(north, UIDS[0], code="113000")
    assert shown(north)[2] == 4


def test_a_note_that_comes_first_hides_what_comes_later(north):
    file_note(north, *UIDS[:2], code="113038")
    assert shown(north) == ([], 0, 0, [])
    receive_images(north)
    assert shown(north) == ([UIDS[2]], 1, 1, ["CT"])
    with see_all():
        assert names(Event.objects.filter(name__startswith="Study")) == ["StudyReceived"]
        assert Event.objects.get(name="StudyReceived").payload["instances"] == 1


@pytest.mark.parametrize(("code", "seen"), [*((code, False) for code in HIDING), ("113039", True)])
def test_what_is_sent_anew_is_seen_only_where_its_retention_had_expired(north, code, seen):
    receive_images(north)
    file_note(north, UIDS[0], code=code)
    receive(north, number=1)
    index_all(north)
    assert (UIDS[0] in shown(north)[0]) == seen


def test_a_note_about_a_note_restores(north):
    receive_images(north)
    file_note(north, *UIDS)
    assert shown(north)[0] == []
    file_note(north, "2.25.1.900.1", number=2)
    assert shown(north)[0] == UIDS
    with in_hospital(north):
        assert RejectionNote.objects.get(sop_instance_uid="2.25.1.900.1").revoked_by_note is not None


def test_a_note_about_a_note_may_come_first(north):
    receive_images(north)
    file_note(north, "2.25.1.900.1", number=2)
    file_note(north, *UIDS)
    assert shown(north)[0] == UIDS


def test_a_person_rejects_a_series_and_restores_it(north):
    receive_images(north)
    with in_hospital(north):
        study = Study.objects.get()
        note = reject_images(study_id=study.pk, code="113037", series_instance_uid="2.25.1.1", remark="wrong side")
    assert shown(north) == ([UIDS[2]], 1, 1, ["CT"])
    with in_hospital(north):
        revoke_rejection_note(note_id=note.pk)
        with pytest.raises(RejectionRefused, match="already"):
            revoke_rejection_note(note_id=note.pk)
    assert shown(north)[0] == UIDS


def test_what_two_notes_hide_stays_hidden_until_both_are_revoked(north):
    receive_images(north)
    with in_hospital(north):
        study = Study.objects.get()
        first = reject_images(study_id=study.pk, code="113001", sop_instance_uids=UIDS[:1])
        second = reject_images(study_id=study.pk, code="113037")
        revoke_rejection_note(note_id=second.pk)
    assert shown(north)[0] == UIDS[1:]
    with in_hospital(north):
        revoke_rejection_note(note_id=first.pk)
    assert shown(north)[0] == UIDS


def test_rejections_that_make_no_sense_are_refused_in_words(north):
    receive_images(north)
    with in_hospital(north):
        study_id = Study.objects.get().pk
        with pytest.raises(RejectionRefused, match="no title"):
            reject_images(study_id=study_id, code="113000")
        with pytest.raises(RejectionRefused, match="No image"):
            reject_images(study_id=study_id, code="113001", sop_instance_uids=["2.25.404"])
        assert not RejectionNote.objects.exists()


def test_another_hospitals_notes_and_studies_are_out_of_reach(north):
    south = make_hospital("SOUTH")
    receive_images(north)
    with in_hospital(north):
        study_id = Study.objects.get().pk
        note = reject_images(study_id=study_id, code="113001", sop_instance_uids=UIDS[:1])
    with in_hospital(south):
        with pytest.raises(NotVisible):
            reject_images(study_id=study_id, code="113001")
        with pytest.raises(NotVisible):
            revoke_rejection_note(note_id=note.pk)
    receive(south, make_note(UIDS[1], study="2.25.7"))
    index_all(south, "2.25.7")
    with in_hospital(north):
        assert Instance.objects.count() == 2


def test_the_item_of_a_study_without_images_is_cancelled_and_comes_back(north):
    receive_images(north)
    with in_hospital(north):
        study = Study.objects.get()
        open_worklist_item(study_id=study.pk)
        note = reject_images(study_id=study.pk, code="113001")
        follow_shown_images(study_id=study.pk)
        follow_shown_images(study_id=study.pk)
        assert WorklistItem.objects.get().status == "cancelled"
        revoke_rejection_note(note_id=note.pk)
        follow_shown_images(study_id=study.pk)
        assert WorklistItem.objects.get().status == "unassigned"


def test_another_hospitals_note_hides_nothing_whoever_looks(north):
    receive_images(north)
    south = make_hospital("SOUTH")
    note = make_note(study="2.25.7")
    (foreign,) = make_note(UIDS[0]).CurrentRequestedProcedureEvidenceSequence
    note.CurrentRequestedProcedureEvidenceSequence = [foreign]
    receive(south, note)
    index_all(south, "2.25.7")
    with see_all():
        assert RejectionNote.objects.get().references.get().sop_instance_uid == UIDS[0]
        own = reject_images(study_id=Study.objects.get(hospital=north).pk, code="113001", sop_instance_uids=UIDS[1:2])
    assert shown(north)[0] == [UIDS[0], UIDS[2]]
    with see_all():
        revoke_rejection_note(note_id=own.pk)
        foreign_note = RejectionNote.objects.get(hospital=south)
        revoke_rejection_note(note_id=foreign_note.pk)
    assert shown(north)[0] == UIDS
