"""TIMESTAMP_AUTHORITY_URL and SIGNATURE_TRUST_ROOTS, from the signature's request to the stored version."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from reporting import document_store
from reporting.models import Report, ReportVersion
from reporting.services import production
from reporting.services.certificates import demonstration_authority, key_protector, trust_roots
from reporting.signature.authority import make_authority
from reporting.signature.errors import TrustRootsUnreadable
from reporting.signature.signing import SignatureLevel
from reporting.signature.validation import validate_signed_pdf
from tests.reporting.arrange import make_case, run_outbox
from tests.reporting.timestamp_authority import timestamp_authority
from tests.story import in_hospital

pytestmark = pytest.mark.django_db
NOBODY_LISTENS = "http://127.0.0.1:9/"


@pytest.fixture
def case():
    case = make_case()
    case.save(1)
    return case


def last_version(case):
    with in_hospital(case.hospital):
        return ReportVersion.objects.latest("pk")


def reading_page(case):
    browser = Client()
    browser.force_login(case.radiologist)
    return browser.get(f"/reading/{case.report.worklist_item_id}/")


def test_a_configured_authority_raises_the_stored_version_to_b_t(case, settings, tmp_path):
    with timestamp_authority(tmp_path, authority=demonstration_authority(), protector=key_protector()) as url:
        settings.TIMESTAMP_AUTHORITY_URL = url
        case.sign()
        run_outbox(case)
    version = last_version(case)
    assert (version.state, version.level) == ("signed", "B-T")
    stored = document_store.read_verified(version.pdf_path, sha256=version.pdf_sha256)
    result = validate_signed_pdf(stored, trust_roots=trust_roots(), moment=version.signed_at)
    assert (result.valid, result.level) == (True, SignatureLevel.B_T)
    assert "time confirmed by a timestamp authority" in reading_page(case).content.decode()


def test_an_authority_that_is_away_is_told_and_signing_again_succeeds(case, settings, tmp_path, monkeypatch):
    monkeypatch.setattr(production, "KEEP_TRYING_FOR", timedelta(0))
    settings.TIMESTAMP_AUTHORITY_URL = NOBODY_LISTENS
    case.sign()
    run_outbox(case)
    assert last_version(case).state == "failed"
    page = reading_page(case)
    assert "timestamp authority gave no token" in page.context["signing_failure"]
    assert page.context["may"]["write"]
    with timestamp_authority(tmp_path, authority=demonstration_authority(), protector=key_protector()) as url:
        settings.TIMESTAMP_AUTHORITY_URL = url
        case.sign()
        run_outbox(case)
    assert (last_version(case).state, last_version(case).level) == ("signed", "B-T")


def test_a_foreign_authority_counts_only_when_its_root_is_configured(case, settings, tmp_path):
    foreign = make_authority(protector=key_protector(), now=timezone.now())
    roots = tmp_path / "roots.pem"
    roots.write_bytes(foreign.root_pem)
    with timestamp_authority(tmp_path, authority=foreign, protector=key_protector()) as url:
        settings.TIMESTAMP_AUTHORITY_URL = url
        case.sign()
        run_outbox(case)
        assert "timestamp" in last_version(case).failure
        settings.SIGNATURE_TRUST_ROOTS = str(roots)
        case.sign()
        run_outbox(case)
    assert (last_version(case).state, last_version(case).level) == ("signed", "B-T")


@pytest.mark.parametrize("content", [None, b"", b"no certificate"])
def test_unreadable_trust_roots_stop_the_signature_in_words(case, settings, tmp_path, content):
    path = tmp_path / "roots.pem"
    if content is not None:
        path.write_bytes(content)
    settings.SIGNATURE_TRUST_ROOTS = str(path)
    with pytest.raises(TrustRootsUnreadable):
        trust_roots()
    case.sign()
    run_outbox(case)
    assert "SIGNATURE_TRUST_ROOTS" in last_version(case).failure
    with in_hospital(case.hospital):
        assert Report.objects.get().status == Report.Status.DRAFT
