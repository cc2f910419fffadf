"""What leaves a corrected study says what its rows say, with the originals beside it; the stored file stays."""

import os
import time
from datetime import date

import pytest
from pydicom import dcmread
from pydicom.dataset import Dataset
from pydicom.uid import CTImageStorage, DeflatedExplicitVRLittleEndian, ExplicitVRLittleEndian, ImplicitVRLittleEndian

from pacs_core.archive.files import stored_path
from pacs_core.archive.models import Instance, Patient
from pacs_core.archive.selectors.corrections import corrections_of
from pacs_core.archive.services.corrections import discard_unused_copies, leaving_file
from pacs_core.archive.services.identity import change_demographics, merge_patients
from pacs_core.archive.services.identity_undo import undo_patient_change
from pacs_core.network.forwarding.selectors import parcels_of
from tests.pacs_core.archive.instances import index_all, make_dataset, receive
from tests.story import in_hospital, make_hospital

pytestmark = pytest.mark.django_db


@pytest.fixture
def north():
    return make_hospital()


def leave(hospital) -> Dataset:
    """Return the one instance's data set as it leaves."""
    with in_hospital(hospital):
        (parcel,) = parcels_of(Instance.objects.all())
        return dcmread(leaving_file(parcel.file_path, parcel.corrections))


def stored(hospital) -> bytes:
    with in_hospital(hospital):
        return stored_path(Instance.objects.get().file_path).read_bytes()


def test_without_corrections_the_stored_file_itself_leaves(north):
    received = receive(north)
    index_all(north)
    with in_hospital(north):
        assert corrections_of(Instance.objects.all()) == {}
        assert leaving_file(received.file_path, None) == stored_path(received.file_path)


@pytest.mark.parametrize("syntax", [ExplicitVRLittleEndian, ImplicitVRLittleEndian, DeflatedExplicitVRLittleEndian])
def test_corrected_demographics_leave_with_the_originals_beside_them(north, syntax):
    sent = make_dataset(PatientBirthDate="19700101", PatientSex="M")
    sent.add_new(0x00091001, "LO", "PRIVATE")
    sent.add_new(0x00091010, "OB", b"\x01\x02\x03\x04")
    sent.file_meta.TransferSyntaxUID = syntax
    receive(north, sent)
    index_all(north)
    before = stored(north)
    with in_hospital(north):
        change_demographics(patient_id=Patient.objects.get().pk, name="Schröder^Änne", birth_date=date(1971, 2, 3))
    left = leave(north)
    assert (str(left.PatientName), left.PatientBirthDate, left.PatientSex) == ("Schröder^Änne", "19710203", "M")
    assert (left.PixelData, left[0x00091010].value) == (sent.PixelData, b"\x01\x02\x03\x04")
    assert (left.file_meta.TransferSyntaxUID, left.SOPClassUID) == (syntax, CTImageStorage)
    (item,) = left.OriginalAttributesSequence
    (original,) = item.ModifiedAttributesSequence
    assert (str(original.PatientName), original.PatientBirthDate) == ("ROE^RICHARD", "19700101")
    assert "PatientSex" not in original
    assert (item.ModifyingSystem, item.ReasonForTheAttributeModification) == ("MERIDIAN", "CORRECT")
    assert stored(north) == before


def test_a_merge_changes_the_number_that_leaves_and_undoing_it_restores_the_file(north):
    receive(north)
    index_all(north)
    with in_hospital(north):
        survivor = Patient.objects.create(
            hospital=north, patient_id="P9", issuer_of_patient_id="NORTH", name="ROE^RITA"
        )
        change = merge_patients(surviving_id=survivor.pk, merged_id=Patient.objects.get(patient_id="P1").pk)
    left = leave(north)
    assert (left.PatientID, str(left.PatientName), "IssuerOfPatientID" in left) == ("P9", "ROE^RITA", False)
    with in_hospital(north):
        undo_patient_change(patient_change_id=change.pk)
        (parcel,) = parcels_of(Instance.objects.all())
        assert leaving_file(parcel.file_path, parcel.corrections) == stored_path(parcel.file_path)


def test_images_that_come_with_the_old_number_after_a_merge_leave_with_the_new_one(north):
    with in_hospital(north):
        old, new = (
            Patient.objects.create(hospital=north, patient_id=number, issuer_of_patient_id="NORTH")
            for number in ("P1", "P9")
        )
        merge_patients(surviving_id=new.pk, merged_id=old.pk)
    receive(north)
    index_all(north)
    assert leave(north).PatientID == "P9"


def test_a_study_that_comes_with_the_former_details_leaves_with_the_corrected_ones(north):
    receive(north)
    index_all(north)
    with in_hospital(north):
        change = change_demographics(patient_id=Patient.objects.get().pk, name="ROE^RICK")
        Instance.objects.update(is_hidden=True)
    receive(north, study="2.25.2")
    index_all(north, "2.25.2")
    left = leave(north)
    assert (left.StudyInstanceUID, left.PatientName) == ("2.25.2", "ROE^RICK")
    assert left.OriginalAttributesSequence[0].ModifiedAttributesSequence[0].PatientName == "ROE^RICHARD"
    with in_hospital(north):
        undo_patient_change(patient_change_id=change.pk)
    assert leave(north).PatientName == "ROE^RICHARD"


def test_copies_are_written_once_and_go_when_nobody_asks(north):
    receive(north)
    index_all(north)
    with in_hospital(north):
        change_demographics(patient_id=Patient.objects.get().pk, name="NEW^NAME")
        (parcel,) = parcels_of(Instance.objects.all())
    copy = leaving_file(parcel.file_path, parcel.corrections)
    written = copy.stat()
    assert leaving_file(parcel.file_path, parcel.corrections).stat().st_ino == written.st_ino
    assert discard_unused_copies() == 0
    os.utime(copy, (time.time() - 25 * 3600,) * 2)
    assert discard_unused_copies() == 1
    assert stored_path(parcel.file_path).exists()
    assert not copy.exists()
