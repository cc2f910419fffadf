"""Records of one person at several hospitals: found, suggested, linked, and kept from who may not see both."""

from datetime import date
from typing import Any

import pytest
from django.db import IntegrityError, ProgrammingError, transaction
from pydicom.dataset import Dataset

from hospitals.models import Hospital
from pacs_core.access.errors import NotVisible
from pacs_core.access.scopes import Scope, open_scope
from pacs_core.archive.errors import IdentityConflict
from pacs_core.archive.models import Patient, PatientIdentifier, PatientLink
from pacs_core.archive.services.identity import change_demographics, merge_patients
from pacs_core.archive.services.identity_undo import undo_patient_change
from pacs_core.archive.services.link_search import compare_patients
from pacs_core.archive.services.links import decide_link, link_patients
from pacs_core.archive.services.national_identifiers import (
    add_national_identifier_rule,
    remove_national_identifier_rule,
)
from pacs_core.audit.models import AuditEntry
from tests.pacs_core.archive.instances import index_all, receive
from tests.story import (
    as_user,
    in_hospital,
    make_hospital,
    make_item,
    make_patient,
    make_radiologist,
    make_study,
    make_user,
    see_all,
)
from worklist.selectors.priors import prior_studies

pytestmark = pytest.mark.django_db


class Story:
    """Jane is known at three hospitals, two of which name her NHS number, each in its own way."""

    def __init__(self) -> None:
        self.north, self.south, self.east = (make_hospital(code) for code in ("NORTH", "SOUTH", "EAST"))
        self.jane_north = make_patient(self.north, name="DOE^JANE")
        self.jane_south = make_patient(self.south, name="DOE^JANE")
        self.jane_east = make_patient(self.east, name="DÖE^JANE MARIE")

    def number(self, patient: Patient, value: str = "4711", **of: str) -> None:
        with see_all():
            PatientIdentifier.objects.create(hospital_id=patient.hospital_id, patient=patient, value=value, **of)

    def with_numbers(self) -> None:
        self.number(self.jane_north, issuer="NHS", type_code="NI")
        self.number(self.jane_south, issuer="2.16.840.1.113883.2.1.4.1")
        with see_all():
            add_national_identifier_rule(hospital_id=self.north.pk, scheme="NHS", issuer="NHS")
            add_national_identifier_rule(hospital_id=self.south.pk, scheme="nhs", issuer="2.16.840.1.113883.2.1.4.1")

    def person_of(self, patient: Patient) -> int | None:
        with see_all():
            return Patient.objects.get(pk=patient.pk).person

    def pair(self, one: Patient, other: Patient) -> PatientLink:
        first, second = sorted((one, other), key=lambda record: record.pk)
        with see_all():
            return PatientLink.objects.get(patient=first, other_patient=second)

    def decide(self, link: PatientLink, status: str) -> PatientLink:
        with see_all():
            return decide_link(patient_link_id=link.pk, status=status, reason="seen")


@pytest.fixture
def story() -> Story:
    return Story()


def both(*hospitals: Hospital) -> Any:
    return open_scope(Scope(frozenset(hospital.pk for hospital in hospitals)))


def test_shared_national_identifier_links_by_itself(story: Story) -> None:
    story.with_numbers()
    assert compare_patients() == 3
    link = story.pair(story.jane_north, story.jane_south)
    assert (link.status, link.basis, link.decided_by_id) == ("linked", "national_identifier", None)
    assert link.reasons[0] == "national_identifier"
    assert story.person_of(story.jane_north) == story.person_of(story.jane_south) is not None
    with see_all():
        assert AuditEntry.objects.filter(action="patient.linked").count() == 2
    assert compare_patients() == 0


def test_national_number_as_patient_id_counts_too(story: Story) -> None:
    make_patient(story.south, patient_id="4711", issuer_of_patient_id="NHS", name="DOE^J")
    story.number(story.jane_north, type_code="NI")
    with see_all():
        add_national_identifier_rule(hospital_id=story.north.pk, scheme="NHS", type_code="NI")
        add_national_identifier_rule(hospital_id=story.south.pk, scheme="NHS", issuer="NHS")
    compare_patients()
    with see_all():
        assert PatientLink.objects.get(status="linked").basis == "national_identifier"


@pytest.mark.parametrize("difference", [{"birth_date": date(2026, 1, 2)}, {"sex": "M"}])
def test_shared_number_of_records_that_contradict_each_other_is_for_a_person(
    story: Story, difference: dict[str, Any]
) -> None:
    with see_all():
        Patient.objects.filter(pk=story.jane_south.pk).update(**difference)
    story.with_numbers()
    compare_patients()
    link = story.pair(story.jane_north, story.jane_south)
    assert (link.status, link.basis) == ("suggested", "national_identifier")
    assert story.person_of(story.jane_north) is None


def test_alike_details_are_suggested_with_reasons_and_never_linked(story: Story) -> None:
    compare_patients()
    link = story.pair(story.jane_north, story.jane_south)
    assert (link.status, link.score) == ("suggested", 1.0)
    assert link.reasons == ["same_name", "same_birth_date", "same_sex"]
    assert story.person_of(story.jane_north) is None
    other = make_patient(story.east, name="ROE^RICHARD")
    compare_patients()
    with see_all():
        assert not PatientLink.objects.filter(other_patient=other).exists()


def test_accents_other_scripts_and_exchanged_days_are_no_hindrance(story: Story) -> None:
    records = [
        make_patient(story.north, name="YAMADA^TAROU=山田^太郎", birth_date=date(1960, 3, 2)),
        make_patient(story.south, name="YAMADA^TARO=山田^太郎", birth_date=date(1960, 2, 3)),
        make_patient(story.east, name="MÜLLER^ZOË", birth_date=date(1950, 5, 5)),
        make_patient(story.south, name="MULLER^ZOE", birth_date=date(1950, 5, 5)),
    ]
    compare_patients()
    assert story.pair(records[0], records[1]).reasons == ["same_name", "similar_birth_date", "same_sex"]
    assert story.pair(records[2], records[3]).reasons[0] == "same_name"


def test_correction_makes_a_suggestion_void(story: Story) -> None:
    compare_patients()
    with in_hospital(story.north):
        change_demographics(patient_id=story.jane_north.pk, name="ROE^RICHARD")
    compare_patients()
    with see_all():
        assert not PatientLink.objects.filter(patient=story.jane_north).exists()


def test_links_join_histories_through_a_third_record_and_unlinking_restores(story: Story) -> None:
    with see_all():
        first = link_patients(patient_id=story.jane_north.pk, other_patient_id=story.jane_south.pk)
        link_patients(patient_id=story.jane_east.pk, other_patient_id=story.jane_south.pk)
    assert len({story.person_of(jane) for jane in (story.jane_north, story.jane_south, story.jane_east)}) == 1
    story.decide(first, "declined")
    assert story.person_of(story.jane_north) is None
    assert story.person_of(story.jane_south) == story.person_of(story.jane_east) is not None
    story.decide(first, "linked")
    assert story.person_of(story.jane_north) == story.person_of(story.jane_east)


def test_declined_pair_is_not_suggested_again_nor_joined_by_a_detour(story: Story) -> None:
    compare_patients()
    story.decide(story.pair(story.jane_north, story.jane_south), "declined")
    story.with_numbers()
    compare_patients()
    assert story.pair(story.jane_north, story.jane_south).status == "declined"
    with see_all():
        link_patients(patient_id=story.jane_east.pk, other_patient_id=story.jane_south.pk)
        with pytest.raises(IdentityConflict, match="not of one person"):
            link_patients(patient_id=story.jane_east.pk, other_patient_id=story.jane_north.pk)


def test_linked_record_that_is_merged_takes_its_person_along_and_back(story: Story) -> None:
    survivor = make_patient(story.north, name="DOE^J")
    with see_all():
        link_patients(patient_id=story.jane_north.pk, other_patient_id=story.jane_south.pk)
    with in_hospital(story.north):
        change = merge_patients(surviving_id=survivor.pk, merged_id=story.jane_north.pk)
    assert story.person_of(survivor) == story.person_of(story.jane_south) is not None
    with in_hospital(story.north):
        undo_patient_change(patient_change_id=change.pk)
    assert story.person_of(survivor) is None
    assert story.person_of(story.jane_north) == story.person_of(story.jane_south)


def test_records_of_one_hospital_are_merged_not_linked(story: Story) -> None:
    twin = make_patient(story.north, name="DOE^JANE")
    compare_patients()
    link = story.pair(story.jane_north, twin)
    assert link.status == "suggested"
    with pytest.raises(IdentityConflict, match="merge them instead"):
        story.decide(link, "linked")
    with see_all(), pytest.raises(IdentityConflict, match="merge them instead"):
        link_patients(patient_id=twin.pk, other_patient_id=story.jane_north.pk)


def test_link_is_seen_only_by_who_may_see_both_hospitals(story: Story) -> None:
    compare_patients()
    link = story.pair(story.jane_north, story.jane_south)
    with both(story.north, story.south):
        assert PatientLink.objects.filter(pk=link.pk).exists()
    for hospital in (story.north, story.south, story.east):
        with in_hospital(hospital):
            assert not PatientLink.objects.exists()
            with pytest.raises(NotVisible):
                decide_link(patient_link_id=link.pk, status="linked")
            with pytest.raises(NotVisible):
                link_patients(patient_id=story.jane_north.pk, other_patient_id=story.jane_south.pk)
            assert PatientLink.objects.filter(pk=link.pk).update(status="linked") == 0
            assert PatientLink.objects.filter(pk=link.pk).delete()[0] == 0


def test_link_to_a_hospital_out_of_sight_cannot_be_written(story: Story) -> None:
    values = {"patient": story.jane_north, "other_patient": story.jane_south, "status": "linked", "basis": "person"}
    with in_hospital(story.north), pytest.raises(ProgrammingError, match="row-level security"), transaction.atomic():
        PatientLink.objects.create(hospital=story.north, other_hospital=story.south, **values)


def test_pair_has_one_row(story: Story) -> None:
    values = {"hospital": story.north, "other_hospital": story.south, "status": "suggested", "basis": "person"}
    with see_all():
        with pytest.raises(IntegrityError, match="link_in_key_order"), transaction.atomic():
            PatientLink.objects.create(patient=story.jane_south, other_patient=story.jane_north, **values)


def test_reader_sees_priors_of_linked_records_at_hospitals_in_view(story: Story) -> None:
    item = make_item(story.north, make_study(story.north, story.jane_north))
    own = make_study(story.north, story.jane_north, study_at=None)
    south, _east = make_study(story.south, story.jane_south), make_study(story.east, story.jane_east)
    with see_all():
        type(south).objects.filter(pk=south.pk).update(study_at="2020-01-01T00:00Z")
        for other in (story.jane_south, story.jane_east):
            link = link_patients(patient_id=story.jane_north.pk, other_patient_id=other.pk)
    readers = make_radiologist(story.north, story.south), make_radiologist(story.north)
    shown = []
    for reader in readers:
        with as_user(reader):
            shown.append({study.pk for study in prior_studies(worklist_item_id=item.pk, user=reader)})
    assert shown == [{own.pk, south.pk}, {own.pk}]
    story.decide(link, "declined")
    story.decide(story.pair(story.jane_north, story.jane_south), "declined")
    with as_user(readers[0]):
        assert [study.pk for study in prior_studies(worklist_item_id=item.pk, user=readers[0])] == [own.pk]


def test_other_numbers_come_from_images(story: Story) -> None:
    other = Dataset()
    other.PatientID, other.IssuerOfPatientID = "4711", "NHS"
    receive(story.north, OtherPatientIDsSequence=[other])
    index_all(story.north)
    with see_all():
        found = PatientIdentifier.objects.get()
        assert (found.patient.patient_id, found.value, found.issuer) == ("P1", "4711", "NHS")


def test_rules_are_each_hospitals_own(story: Story) -> None:
    administrator = make_user("hospital_administrator", story.north)
    with as_user(administrator):
        rule = add_national_identifier_rule(hospital_id=story.north.pk, scheme="NHS", type_code="NI")
        assert add_national_identifier_rule(hospital_id=story.north.pk, scheme="NHS", type_code="ni") == rule
        with pytest.raises(NotVisible):
            add_national_identifier_rule(hospital_id=story.south.pk, scheme="NHS", type_code="NI")
        for scheme, issuer in (("N H S", "X"), ("NHS", "")):
            with pytest.raises(IdentityConflict):
                add_national_identifier_rule(hospital_id=story.north.pk, scheme=scheme, issuer=issuer)
        with pytest.raises(IdentityConflict, match="of NHS already"):
            add_national_identifier_rule(hospital_id=story.north.pk, scheme="KVNR", type_code="NI")
    with in_hospital(story.south), pytest.raises(NotVisible):
        remove_national_identifier_rule(rule_id=rule.pk)
    with as_user(administrator):
        remove_national_identifier_rule(rule_id=rule.pk)
