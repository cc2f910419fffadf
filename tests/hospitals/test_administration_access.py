"""Who reaches the administration's pages: each address, as each role, and foreign things."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import pytest
from django.db import transaction
from django.test import Client
from django.urls import URLPattern
from django.utils import timezone

from hospitals.models import Hospital, ReadingPrivilege, Shift, User
from pacs_core.archive.models import (
    ImageDeletion,
    LegalHold,
    QuarantinedInstance,
    RejectionNote,
    RetentionRule,
    StudyConflict,
)
from pacs_core.network.availability.models import AvailabilityNotice
from pacs_core.network.commitment.models import CommitmentRequest
from pacs_core.network.forwarding.models import ForwardingJob
from pacs_core.network.models import Node
from pacs_core.network.research.models import DeidentifiedExport
from tests.hospitals.pages import address_of, administration_patterns, browser
from tests.pacs_core.network.research.arrange import make_export
from tests.story import in_hospital, make_hospital, make_node, make_radiologist, make_study, make_user

pytestmark = pytest.mark.django_db
PATTERNS = administration_patterns()
# Only the system's administrator adds hospitals and plans the rota.
SYSTEM_ONLY = {"add_hospital", "add_shifts", "remove_shift"}
COORDINATORS_TOO = {
    *("conflicts", "conflict", "undo_conflict", "picture_that_came", "picture_that_is_filed"),
    *("rejection_notes", "reject_images", "revoke_note"),
}


@dataclass
class Place:
    """A hospital with one of everything that an address of the administration may name."""

    hospital: Hospital
    node: Node
    radiologist: User
    referrer: User
    quarantined: QuarantinedInstance
    forwarding_job: ForwardingJob
    rule: RetentionRule
    hold: LegalHold
    deletion: ImageDeletion
    deidentified_export: DeidentifiedExport
    commitment_request: CommitmentRequest
    availability_notice: AvailabilityNotice
    rejection_note: RejectionNote

    def address(self, pattern: URLPattern) -> str:
        person = self.referrer if pattern.name in REFERRERS_PAGES else self.radiologist
        return address_of(
            pattern,
            code=self.hospital.code,
            node_id=self.node.pk,
            person_id=person.pk,
            privilege_id=ReadingPrivilege.objects.get(radiologist=self.radiologist).pk,
            shift_id=Shift.objects.get(radiologist=self.radiologist).pk,
            quarantined_instance_id=self.quarantined.pk,
            forwarding_job_id=self.forwarding_job.pk,
            rule_id=self.rule.pk,
            hold_id=self.hold.pk,
            deletion_id=self.deletion.pk,
            deidentified_export_id=self.deidentified_export.pk,
            commitment_request_id=self.commitment_request.pk,
            availability_notice_id=self.availability_notice.pk,
            conflict_id=self.quarantined.conflict_id,
            rejection_note_id=self.rejection_note.pk,
        )


REFERRERS_PAGES = {"lock_out", "set_password", "end_tokens", "add_membership", "set_identifier", "person"}


def make_place(code: str) -> Place:
    hospital = make_hospital(code)
    study, now = make_study(hospital), timezone.now()
    with in_hospital(hospital):
        quarantined = QuarantinedInstance.objects.create(
            hospital=hospital,
            source="dimse",
            file_path="absent",
            size_bytes=1,
            reason_code="content_differs",
            reason="Other content",
            conflict=StudyConflict.objects.create(
                hospital=hospital, study_instance_uid="2.25.4", reason_code="content_differs"
            ),
        )
        note = RejectionNote.objects.create(hospital=hospital, code="113001")
        job = ForwardingJob.objects.create(hospital=hospital, study=study, ae_title="ABSENT", content_version=1)
        notice = AvailabilityNotice.objects.create(hospital=hospital, study=study, ae_title="ABSENT", content_version=1)
        request = CommitmentRequest.objects.create(
            hospital=hospital, ae_title="ABSENT", transaction_uid="2.25.1", references=[["1.2", "2.25.2"]]
        )
        rule = RetentionRule.objects.create(hospital=hospital, modality="CT", keep_days=3650)
        hold = LegalHold.objects.create(
            hospital=hospital, patient=study.patient, reason="Court", placed_by=make_user("system_administrator")
        )
        deletion = ImageDeletion.objects.create(
            hospital=hospital, study=study, announced_at=now, due_at=now, instances=1, size_bytes=1
        )
        export = make_export(hospital)
    return Place(
        hospital,
        make_node(hospital, f"{code}_CT"),
        make_radiologist(hospital),
        make_user("referring_physician", hospital),
        quarantined,
        job,
        rule,
        hold,
        deletion,
        export,
        request,
        notice,
        note,
    )


@pytest.fixture
def north() -> Place:
    return make_place("NORTH")


@contextmanager
def undone() -> Iterator[None]:
    """Undo what the block wrote, so that one arrangement serves every address."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def answers(client: Client, address: str) -> set[int]:
    """Statuses of GET and POST, without that of a method that the address does not know."""
    found = set()
    for method in (client.get, client.post):
        with undone():
            found.add(method(address).status_code)
    return found - {405}


def test_nobody_is_sent_to_sign_in(north: Place) -> None:
    assert len(PATTERNS) >= 25
    for pattern in PATTERNS:
        address = north.address(pattern)
        for answer in (Client().get(address), Client().post(address)):
            assert answer.status_code in (302, 405), address
            assert answer.status_code == 405 or answer["Location"].startswith("/sign-in/?next=")


@pytest.mark.parametrize("role", ["radiologist", "coordinator", "referring_physician"])
def test_other_roles_are_refused(north: Place, role: str) -> None:
    client = browser(make_user(role, north.hospital))
    for pattern in PATTERNS:
        is_coordinators = role == "coordinator" and pattern.name in COORDINATORS_TOO
        expected = {200, 302, 422} if is_coordinators else {403}
        assert answers(client, north.address(pattern)) <= expected, pattern.name


def test_system_administrator_reaches_every_page(north: Place) -> None:
    client = browser(make_user("system_administrator"))
    for pattern in PATTERNS:
        assert answers(client, north.address(pattern)) <= {200, 302, 422}, pattern.name


def test_hospital_administrator_reaches_own_pages(north: Place) -> None:
    client = browser(make_user("hospital_administrator", north.hospital))
    for pattern in PATTERNS:
        expected = {403} if pattern.name in SYSTEM_ONLY else {200, 302, 422}
        assert answers(client, north.address(pattern)) <= expected, pattern.name


def test_other_hospitals_things_do_not_exist(north: Place) -> None:
    south = make_place("SOUTH")
    client = browser(make_user("hospital_administrator", north.hospital))
    for pattern in PATTERNS:
        if "<" in str(pattern.pattern):
            expected = {403} if pattern.name in SYSTEM_ONLY else {404}
            for method in (client.get, client.post):
                status = method(south.address(pattern)).status_code
                assert status in expected | {405}, pattern.name
    with in_hospital(south.hospital):
        assert QuarantinedInstance.objects.get(pk=south.quarantined.pk).resolved_at is None
        assert RetentionRule.objects.filter(pk=south.rule.pk, keep_days=3650).exists()
        assert LegalHold.objects.filter(pk=south.hold.pk, released_at=None).exists()
        assert ImageDeletion.objects.filter(pk=south.deletion.pk, state="announced").exists()
    assert Node.objects.filter(pk=south.node.pk, is_paused=False).exists()
    assert User.objects.get(pk=south.referrer.pk).is_active
    assert south.referrer.memberships.get().valid_until is None
    assert ReadingPrivilege.objects.get(radiologist=south.radiologist).valid_until is None


def test_own_persons_privilege_cannot_be_named_through_another_person(north: Place) -> None:
    south = make_place("SOUTH")
    client = browser(make_user("system_administrator"))
    privilege = ReadingPrivilege.objects.get(radiologist=south.radiologist)
    address = f"/administration/people/{north.radiologist.pk}/privileges/{privilege.pk}/withdraw/"
    assert client.post(address).status_code == 404
    privilege.refresh_from_db()
    assert privilege.valid_until is None
