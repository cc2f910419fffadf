"""A person's answer to contradicting instances: one for a study, and it can be taken back."""

from io import BytesIO

import pytest
from pydicom import dcmread

from pacs_core.access.errors import NotVisible, PermissionRefused
from pacs_core.access.scopes import Principal, Scope, open_scope
from pacs_core.archive.errors import ConflictNotDecidable
from pacs_core.archive.files import stored_path
from pacs_core.archive.models import (
    Instance,
    InstanceVersion,
    Patient,
    QuarantinedInstance,
    ReceivedInstance,
    Study,
    StudyConflict,
)
from pacs_core.archive.services.conflict_decisions import (
    accept_conflict,
    reassign_conflict,
    reject_conflict,
    take_content,
)
from pacs_core.archive.services.conflict_undo import undo_conflict_decision
from pacs_core.archive.services.corrections import leaving_file
from pacs_core.archive.services.quarantine import reject_quarantined_instance
from pacs_core.archive.services.refiling import read_quarantined
from pacs_core.archive.services.rejection import reject_images
from pacs_core.audit.models import AuditEntry
from pacs_core.network.forwarding.selectors import parcels_of
from tests.pacs_core.archive.instances import index_all, make_dataset, receive, refused
from tests.story import in_hospital, make_hospital, see_all

pytestmark = pytest.mark.django_db
NUMBERS = (1, 2, 3)


@pytest.fixture
def north():
    hospital = make_hospital()
    for number in NUMBERS:
        receive(hospital, number=number)
    index_all(hospital)
    return hospital


def question(hospital) -> int:
    with in_hospital(hospital):
        return StudyConflict.objects.get(decided_at__isnull=True).pk


def leaving(hospital, **chosen):
    """Return the data sets of the chosen instances as they leave."""
    with in_hospital(hospital):
        parcels = parcels_of(Instance.objects.filter(**chosen))
        return [dcmread(leaving_file(parcel.file_path, parcel.corrections)) for parcel in parcels]


def contents(hospital) -> dict[str, bytes]:
    with in_hospital(hospital):
        return {row.sop_instance_uid: stored_path(row.file_path).read_bytes() for row in Instance.objects.all()}


def test_accepting_replaces_contents_keeps_the_older_ones_and_can_be_undone(north):
    before = contents(north)
    for number in NUMBERS:
        refused(north, number=number, WindowCenter=40)
    conflict_id = question(north)
    with in_hospital(north):
        accept_conflict(conflict_id=conflict_id, remark="rescanned")
        assert InstanceVersion.objects.count() == 3
        assert Instance.objects.first().metadata["00281050"]["Value"] == [40]
        assert AuditEntry.objects.get(action="conflict.accepted").detail["instances"] == 3
    assert {dcmread(BytesIO(content)).WindowCenter for content in contents(north).values()} == {40}
    receive(north, number=1, WindowCenter=40)
    receive(north, number=1)
    index_all(north)
    with in_hospital(north):
        assert set(ReceivedInstance.objects.order_by("-pk").values_list("outcome", flat=True)[:2]) == {"duplicate"}
        with pytest.raises(ConflictNotDecidable, match="already accepted"):
            reject_conflict(conflict_id=conflict_id, remark="no")
        undo_conflict_decision(conflict_id=conflict_id)
    assert contents(north) == before
    assert refused(north, number=1, WindowCenter=40).status == 0xC001
    with in_hospital(north):
        assert StudyConflict.objects.get(decided_at__isnull=True).instances.count() == 3
        assert not InstanceVersion.objects.exists()


def test_rejecting_needs_a_reason_keeps_the_files_and_is_remembered(north):
    refused(north, number=1, WindowCenter=40)
    conflict_id = question(north)
    with in_hospital(north):
        with pytest.raises(ConflictNotDecidable, match="reason"):
            reject_conflict(conflict_id=conflict_id, remark=" ")
        reject_conflict(conflict_id=conflict_id, remark="a test pattern")
        quarantined = QuarantinedInstance.objects.get()
        assert quarantined.resolution == "rejected"
        assert stored_path(quarantined.file_path).is_file()
    assert refused(north, number=1, WindowCenter=40).status == 0xC001
    with in_hospital(north):
        assert not StudyConflict.objects.filter(decided_at__isnull=True).exists()
        undo_conflict_decision(conflict_id=conflict_id)
        assert StudyConflict.objects.get(decided_at__isnull=True).instances.get().resolution == ""


def test_other_content_is_filed_beside_the_first_under_a_new_uid(north):
    refused(north, number=1, WindowCenter=40)
    with in_hospital(north):
        reassign_conflict(conflict_id=question(north))
        assert Study.objects.get().number_of_instances == 4
        added = QuarantinedInstance.objects.get().filed_as
        assert added.sop_instance_uid not in {f"2.25.1.1.{number}" for number in NUMBERS}
    (left,) = leaving(north, pk=added.pk)
    assert left.SOPInstanceUID == left.file_meta.MediaStorageSOPInstanceUID == added.sop_instance_uid
    (item,) = left.OriginalAttributesSequence
    assert item.ModifiedAttributesSequence[0].SOPInstanceUID == "2.25.1.1.1"
    assert (left.WindowCenter, left.StudyInstanceUID, left.SeriesInstanceUID) == (40, "2.25.1", "2.25.1.1")


def test_images_of_another_patient_are_filed_under_the_studys_patient(north):
    for number in (7, 8):
        refused(north, number=number, PatientID="TYPO", PatientName="ROE^RICHART")
    with in_hospital(north):
        conflict = reassign_conflict(conflict_id=question(north), target_study_id=Study.objects.get().pk)
        assert conflict.target_study.number_of_instances == 5
        assert Patient.objects.count() == 1
    (left,) = leaving(north, sop_instance_uid="2.25.1.1.7")
    assert (left.PatientID, str(left.PatientName)) == ("P1", "ROE^RICHARD")
    assert left.OriginalAttributesSequence[0].ModifiedAttributesSequence[0].PatientID == "TYPO"
    receive(north, number=7, PatientID="TYPO", PatientName="ROE^RICHART")
    with in_hospital(north):
        undo_conflict_decision(conflict_id=conflict.pk)
        assert Study.objects.get().number_of_instances == 3
        assert QuarantinedInstance.objects.filter(resolution="").count() == 2


def test_images_of_another_patient_become_a_study_of_their_own(north):
    for number in (7, 8):
        refused(north, number=number, PatientID="P2", PatientName="DOE^JANE")
    with in_hospital(north):
        study = reassign_conflict(conflict_id=question(north)).target_study
        assert (study.patient.patient_id, study.number_of_instances, study.number_of_series) == ("P2", 2, 1)
        assert Study.objects.get(study_instance_uid="2.25.1").number_of_instances == 3
    left = leaving(north, series__study=study)
    assert {one.StudyInstanceUID for one in left} == {study.study_instance_uid} != {"2.25.1"}
    assert len({one.SeriesInstanceUID for one in left}) == 1
    assert {one.SOPInstanceUID for one in left} == {"2.25.1.1.7", "2.25.1.1.8"}


@pytest.mark.parametrize("taken", ["SeriesInstanceUID", "SOPInstanceUID"])
def test_a_taken_uid_in_a_second_study_is_replaced_by_a_new_one(north, taken):
    uid = {"SeriesInstanceUID": "2.25.1.1", "SOPInstanceUID": "2.25.1.1.1"}[taken]
    refused(north, make_dataset(study="2.25.5", **{taken: uid}))
    with in_hospital(north):
        reassign_conflict(conflict_id=question(north))
    (left,) = leaving(north, series__study__study_instance_uid="2.25.5")
    assert left[taken].value != uid
    assert left.OriginalAttributesSequence[0].ModifiedAttributesSequence[0][taken].value == uid


def test_where_two_hospitals_are_concerned_who_sees_both_decides(north):
    south = make_hospital("SOUTH")
    refused(south, number=9)
    conflict_id = question(south)
    with in_hospital(south), pytest.raises(PermissionRefused):
        reassign_conflict(conflict_id=conflict_id)
    with in_hospital(north), pytest.raises(NotVisible):
        reject_conflict(conflict_id=conflict_id, remark="not mine")
    with open_scope(Scope(frozenset((north.pk, south.pk)), Principal(process="test"))):
        study = reassign_conflict(conflict_id=conflict_id).target_study
        assert study.hospital_id == south.pk
        assert study.study_instance_uid != "2.25.1"
    (left,) = leaving(south)
    assert left.StudyInstanceUID == study.study_instance_uid
    with see_all():
        assert Study.objects.get(study_instance_uid="2.25.1").number_of_instances == 3


def test_a_target_of_another_hospital_is_out_of_reach_even_for_who_sees_both(north):
    south = make_hospital("SOUTH")
    receive(south, study="2.25.6")
    index_all(south, "2.25.6")
    refused(north, number=7, PatientID="P2")
    conflict_id = question(north)
    with see_all():
        target = Study.objects.get(study_instance_uid="2.25.6")
        with pytest.raises(NotVisible):
            reassign_conflict(conflict_id=conflict_id, target_study_id=target.pk)


def test_only_other_content_can_be_accepted(north):
    refused(north, number=7, PatientID="P2")
    with in_hospital(north), pytest.raises(ConflictNotDecidable, match="reassign"):
        accept_conflict(conflict_id=question(north))


def test_accepting_leaves_hidden_what_was_rejected_meanwhile(north):
    refused(north, number=1, WindowCenter=40)
    with in_hospital(north):
        stale = Instance.objects.get(sop_instance_uid="2.25.1.1.1")
        reject_images(study_id=stale.series.study_id, code="113001", sop_instance_uids=[stale.sop_instance_uid])
        waiting = QuarantinedInstance.objects.get()
        take_content(stale, *read_quarantined(waiting), of=waiting)
        assert Instance.kept.get(pk=stale.pk).is_hidden
        assert Instance.kept.get(pk=stale.pk).sha256 == waiting.sha256


def test_accepted_content_of_another_series_leaves_in_the_series_of_the_first(north):
    refused(north, number=1, WindowCenter=40, SeriesInstanceUID="2.25.1.8")
    with in_hospital(north):
        accept_conflict(conflict_id=question(north))
    (left,) = leaving(north, sop_instance_uid="2.25.1.1.1")
    assert (left.WindowCenter, left.SeriesInstanceUID) == (40, "2.25.1.1")


def test_taking_back_leaves_alone_what_was_decided_one_by_one(north):
    before = contents(north)
    for number in (1, 2):
        refused(north, number=number, WindowCenter=40)
    with in_hospital(north):
        alone = QuarantinedInstance.objects.earliest("pk")
        reject_quarantined_instance(quarantined_instance_id=alone.pk)
        conflict = accept_conflict(conflict_id=question(north))
        question_again = undo_conflict_decision(conflict_id=conflict.pk)
        assert question_again.instances.count() == 1
        alone.refresh_from_db()
        assert (alone.resolution, alone.conflict) == ("rejected", conflict)
    assert contents(north) == before


def test_an_accepted_answer_is_not_taken_back_once_the_images_are_deleted(north):
    refused(north, number=1, WindowCenter=40)
    with in_hospital(north):
        conflict_id = accept_conflict(conflict_id=question(north)).pk
        InstanceVersion.objects.all().delete()
        Instance.objects.all().delete()
        with pytest.raises(ConflictNotDecidable, match="deleted"):
            undo_conflict_decision(conflict_id=conflict_id)


def test_who_sees_two_hospitals_files_nothing_into_the_others_study(north):
    """North waited; South has filed the study's UID since, and both issue the same IDs."""
    refused(north, make_dataset(study="2.25.5", SOPInstanceUID="2.25.1.1.1", IssuerOfPatientID="BOTH"))
    south = make_hospital("SOUTH")
    receive(south, study="2.25.5", IssuerOfPatientID="BOTH")
    index_all(south, "2.25.5")
    conflict_id = question(north)
    with see_all():
        with pytest.raises(ConflictNotDecidable, match="another hospital"):
            reassign_conflict(conflict_id=conflict_id)
        assert Study.objects.get(study_instance_uid="2.25.5").number_of_instances == 1
