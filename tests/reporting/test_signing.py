"""Signing: what is refused, what the worker makes, and that a signed version never changes."""

import hashlib
from datetime import timedelta

import pytest
from django.db import DatabaseError, transaction
from django.utils import timezone

from hospitals.models import ReadingPrivilege
from hospitals.selectors.scopes import scope_of_user
from pacs_core.access.errors import PermissionRefused
from pacs_core.access.scopes import open_scope
from pacs_core.archive.models import Patient
from reporting import document_store
from reporting.errors import (
    CannotSign,
    ChecksRefuse,
    DraftMovedOn,
    NotClaimHolder,
    ReportNotEditable,
    StoredBytesChanged,
    WrongPassword,
)
from reporting.models import Delivery, Report, ReportVersion, SigningCertificate
from reporting.services import production
from reporting.services.addenda import discard_addendum, start_addendum
from reporting.services.certificates import trust_roots
from reporting.services.delivery import deliver_version
from reporting.signature.errors import TimestampUnavailable
from reporting.signature.validation import validate_signed_pdf
from tests.reporting.arrange import UNPRINTABLE_NAME, make_case
from tests.story import in_hospital, make_radiologist
from worklist.models import WorklistItem

pytestmark = pytest.mark.django_db


def assert_nothing_requested(case):
    with in_hospital(case.hospital):
        assert not ReportVersion.objects.exists()
        assert Report.objects.get().status == Report.Status.DRAFT
        assert WorklistItem.objects.get().status == WorklistItem.Status.READING
    assert case.events("ReportSigningRequested") == []


def stored_files():
    return sorted(path for path in document_store.reports_root().rglob("*") if path.is_file())


def test_a_signature_request_fixes_the_version_and_hands_it_to_a_worker():
    case = make_case()
    case.save(1)
    version = case.sign()
    assert (version.number, version.kind, version.state) == (1, "FINAL", "requested")
    assert version.printed_name == case.radiologist.name
    assert version.signed_at.microsecond == 0
    (event,) = case.events("ReportSigningRequested")
    assert event.payload["report_version_id"] == version.pk
    with in_hospital(case.hospital):
        assert Report.objects.get().status == Report.Status.SIGNING
        assert WorklistItem.objects.get().status == WorklistItem.Status.SIGNING


def test_asking_twice_gives_one_version():
    case = make_case()
    case.save(1)
    assert case.sign().pk == case.sign().pk
    assert len(case.events("ReportSigningRequested")) == 1


def test_a_wrong_password_signs_nothing():
    case = make_case()
    case.save(1)
    with pytest.raises(WrongPassword):
        case.sign(password="guess")
    assert_nothing_requested(case)


def test_blocking_checks_refuse():
    case = make_case()
    case.save(1, impression="")
    with pytest.raises(ChecksRefuse) as refusal:
        case.sign()
    assert refusal.value.checks[0]["code"] == "mandatory_section"
    assert_nothing_requested(case)


def test_a_warning_must_be_confirmed():
    case = make_case(laterality="R", body_part="KNEE")
    case.save(1, findings="Fracture of the left knee.")
    with pytest.raises(ChecksRefuse) as refusal:
        case.sign()
    assert_nothing_requested(case)
    keys = tuple(check["key"] for check in refusal.value.checks)
    assert keys == ("laterality:findings:16",)
    assert case.sign(acknowledged_checks=keys).state == "requested"


def test_only_the_text_that_was_seen_is_signed():
    case = make_case()
    case.save(1)
    with pytest.raises(DraftMovedOn):
        case.sign(base_version=1)
    assert_nothing_requested(case)


def test_another_radiologist_cannot_sign():
    case = make_case()
    case.save(1)
    other = make_radiologist(case.hospital)
    with pytest.raises(NotClaimHolder):
        case.sign(user=other)
    assert_nothing_requested(case)


def test_a_privilege_that_ended_is_noticed_at_signing():
    case = make_case()
    case.save(1)
    ReadingPrivilege.objects.update(valid_until=timezone.now() - timedelta(minutes=1))
    with pytest.raises(PermissionRefused):
        case.sign()
    assert_nothing_requested(case)


@pytest.mark.parametrize(
    "change",
    [
        {"revoked_at": timezone.now()},
        {"not_after": timezone.now() - timedelta(days=1)},
        {"not_before": timezone.now() + timedelta(days=1)},
        {"common_name": "Dr. Someone Else"},
    ],
)
def test_a_certificate_that_is_not_valid_cannot_sign(change):
    case = make_case()
    case.save(1)
    SigningCertificate.objects.update(**change)
    with pytest.raises(CannotSign):
        case.sign()
    assert_nothing_requested(case)


def test_no_private_key_is_stored_in_clear():
    make_case()
    stored = bytes(SigningCertificate.objects.get().encrypted_private_key)
    assert b"PRIVATE KEY" not in stored
    assert stored.startswith(b"gAAAA")  # Fernet


def test_the_worker_makes_a_valid_signed_pdf():
    case = make_case()
    version = case.signed()
    assert (version.state, version.level) == ("signed", "B-B")
    content = document_store.read_verified(version.pdf_path, sha256=version.pdf_sha256)
    verdict = validate_signed_pdf(content, trust_roots=trust_roots())
    assert verdict.valid
    assert verdict.signer == case.radiologist.name
    assert verdict.signed_at == version.signed_at
    (event,) = case.events("ReportSigned")
    assert event.payload["user_ids"] == [case.radiologist.pk]


def test_a_worker_killed_after_storing_gives_one_pdf(settings, tmp_path):
    settings.STORAGE_ROOT = tmp_path
    case = make_case()
    case.save(1)
    version = case.sign()

    class Killed(BaseException):
        pass

    def die(*_):
        raise Killed

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(production, "_record", die)
        with pytest.raises(Killed):
            case.produce(version)
    (stored,) = stored_files()
    first = stored.read_bytes()
    signed = case.produce(version)
    assert stored_files() == [stored]
    assert stored.read_bytes() == first
    assert signed.pdf_sha256 == hashlib.sha256(first).hexdigest()


def test_the_handler_run_twice_gives_one_pdf_and_one_event(settings, tmp_path):
    settings.STORAGE_ROOT = tmp_path
    case = make_case()
    version = case.signed()
    again = case.produce(version)
    assert again.pdf_sha256 == version.pdf_sha256
    assert len(stored_files()) == 1
    assert len(case.events("ReportSigned")) == 1


def test_a_character_without_glyph_gives_the_report_back_with_the_reason():
    case = make_case(patient_name=UNPRINTABLE_NAME)
    version = case.signed()
    assert version.state == "failed"
    assert "U+1F600" in version.failure
    with in_hospital(case.hospital):
        assert Report.objects.get().status == Report.Status.DRAFT
        assert WorklistItem.objects.get().status == WorklistItem.Status.READING
        Patient.objects.update(name="DOE^JANE")
    assert len(case.events("ReportSigningFailed")) == 1
    again = case.signed()
    assert (again.number, again.state) == (1, "signed")


def test_storage_that_fails_is_tried_again_then_told(monkeypatch):
    case = make_case()
    case.save(1)
    version = case.sign()

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(document_store, "write_once", full)
    with pytest.raises(OSError):
        case.produce(version)
    monkeypatch.setattr(production, "KEEP_TRYING_FOR", timedelta(0))
    failed = case.produce(version)
    assert failed.state == "failed"
    assert "could not be stored" in failed.failure


def test_an_unreachable_timestamp_authority_is_tried_again_then_told(settings, monkeypatch):
    """Never a silent lower level."""
    settings.TIMESTAMP_AUTHORITY_URL = "http://127.0.0.1:9/"
    case = make_case()
    case.save(1)
    version = case.sign()
    with pytest.raises(TimestampUnavailable):
        case.produce(version)
    monkeypatch.setattr(production, "KEEP_TRYING_FOR", timedelta(0))
    failed = case.produce(version)
    assert failed.state == "failed"
    assert "timestamp authority" in failed.failure


@pytest.mark.parametrize("column", ["sections", "pdf_sha256", "signed_at", "printed_name", "state", "number"])
def test_a_signed_version_is_immutable_in_the_database(column):
    case = make_case()
    case.signed()
    values = {"sections": {}, "pdf_sha256": "0" * 64, "signed_at": timezone.now(), "state": "failed", "number": 9}
    with in_hospital(case.hospital):
        with pytest.raises(DatabaseError, match="never changes"), transaction.atomic():
            ReportVersion.objects.update(**{column: values.get(column, "x")})
        with pytest.raises(DatabaseError, match="never changes"), transaction.atomic():
            ReportVersion.objects.all()._raw_delete("default")
        assert ReportVersion.objects.get().number == 1


def test_what_was_asked_to_be_signed_is_fixed_before_it_is_signed():
    case = make_case()
    case.save(1)
    case.sign()
    with in_hospital(case.hospital), pytest.raises(DatabaseError, match="was fixed"), transaction.atomic():
        ReportVersion.objects.update(sections={})


def test_changed_bytes_are_not_handed_out():
    case = make_case()
    version = case.signed()
    path = document_store.reports_root() / version.pdf_path
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(bytes(content))
    with pytest.raises(StoredBytesChanged):
        document_store.read_verified(version.pdf_path, sha256=version.pdf_sha256)


def test_an_addendum_is_a_new_signed_version_that_carries_the_one_before():
    case = make_case()
    first = case.signed()
    with open_scope(scope_of_user(case.radiologist)):
        report = start_addendum(report_id=case.report.pk, user=case.radiologist)
        assert start_addendum(report_id=case.report.pk, user=case.radiologist).draft_version == report.draft_version
    assert case.save(report.draft_version, findings="Also a fracture.", impression="Fracture.").version
    second = case.produce(case.sign())
    assert (second.number, second.kind, second.state) == (2, "ADDENDUM", "signed")
    assert second.previous_id == first.pk
    bytes_of = {
        version.pk: document_store.read_verified(version.pdf_path, sha256=version.pdf_sha256)
        for version in (first, second)
    }
    assert validate_signed_pdf(bytes_of[second.pk], trust_roots=trust_roots()).valid
    assert embedded_file(bytes_of[second.pk]) == bytes_of[first.pk]


def embedded_file(content):
    import io

    import pikepdf

    with pikepdf.open(io.BytesIO(content)) as pdf:
        (attachment,) = pdf.attachments.values()
        return attachment.get_file().read_bytes()


def test_an_addendum_needs_a_signed_report():
    case = make_case()
    with open_scope(scope_of_user(case.radiologist)), pytest.raises(ReportNotEditable):
        start_addendum(report_id=case.report.pk, user=case.radiologist)


def test_a_discarded_addendum_leaves_the_report_signed():
    case = make_case()
    case.signed()
    with open_scope(scope_of_user(case.radiologist)):
        start_addendum(report_id=case.report.pk, user=case.radiologist)
        report = discard_addendum(report_id=case.report.pk, user=case.radiologist)
    assert report.status == Report.Status.SIGNED


def test_delivery_happens_once_and_only_to_the_orders_physician():
    case = make_case()
    version = case.signed()
    with in_hospital(case.hospital):
        assert deliver_version(version) == deliver_version(version)
        assert Delivery.objects.get().recipient_id == case.referrer.pk
    (event,) = case.events("ReportDelivered")
    assert event.payload["user_ids"] == [case.referrer.pk]


def test_a_study_without_an_order_is_delivered_to_nobody():
    case = make_case(referring_physician=None)
    version = case.signed()
    with in_hospital(case.hospital):
        assert deliver_version(version) is None
        assert not Delivery.objects.exists()
