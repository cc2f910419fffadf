"""Make the signed bytes of a version: render, sign, validate, store, record. Runs in a worker, any number of times."""

import hashlib
import logging
from dataclasses import dataclass
from datetime import timedelta

from django.conf import settings
from django.utils import timezone
from pyhanko.sign.timestamps import HTTPTimeStamper

from pacs_core.audit.services import record_audit
from pacs_core.events.services import emit_event
from reporting import document_store
from reporting.errors import ReportError
from reporting.models import Report, ReportVersion
from reporting.pdf.errors import ReportPdfError
from reporting.pdf.produce import render_and_sign
from reporting.services.certificates import signer_of_certificate, trust_roots
from reporting.services.content import content_of_version
from reporting.services.drafts import lock_report
from reporting.signature.errors import SignatureError, TimestampUnavailable, TokenUnavailable
from reporting.signature.signer import read_certificates
from reporting.signature.signing import TimestampPolicy
from reporting.signature.validation import validate_signed_pdf
from worklist.services.signing import mark_signing_failed

logger = logging.getLogger(__name__)

# What may pass by itself is tried again by the outbox for this long; then the radiologist decides.
KEEP_TRYING_FOR = timedelta(minutes=3)
_RETRIABLE = (TimestampUnavailable, TokenUnavailable, OSError)


@dataclass(frozen=True, kw_only=True)
class Produced:
    pdf_bytes: bytes
    path: str
    level: str


def produce_version(*, report_version_id: int) -> ReportVersion:
    """Sign and store a requested version, or mark it failed with a reason its radiologist can act on.

    Does nothing to a version that is signed or failed already. Raises only what is worth another attempt.
    """
    version = _locked_version(report_version_id)
    if version.state != ReportVersion.State.REQUESTED:
        return version
    try:
        produced = _produce(version)
    except _RETRIABLE as error:
        if timezone.now() - version.requested_at < KEEP_TRYING_FOR:
            raise
        return _fail(version, _reason_of(error))
    except (ReportPdfError, SignatureError, ReportError) as error:
        return _fail(version, _reason_of(error))
    except Exception:
        # Rendering is pure: what it cannot do now it cannot do later, and a person waits for the answer.
        logger.exception("Report version %s cannot be produced", version.pk)
        return _fail(version, "The report could not be turned into a PDF. An administrator finds the cause in the log.")
    return _record(version, produced)


def _locked_version(report_version_id: int) -> ReportVersion:
    """Lock the version's report, so that two workers on one version make one file and one signature."""
    report_id = ReportVersion.objects.values_list("report_id", flat=True).get(pk=report_version_id)
    lock_report(report_id)
    return ReportVersion.objects.select_related(
        "hospital",
        "signer",
        "certificate",
        "previous__signer",
        "report__worklist_item__study__patient",
        "report__worklist_item__order__referring_physician",
    ).get(pk=report_version_id)


def path_of_version(version: ReportVersion) -> str:
    """Return the one path of a version's bytes; the nonce keeps it apart from any other installation's file."""
    return f"{version.hospital_id}/{version.report_id}/{version.number}-{version.verification_nonce}.pdf"


def _produce(version: ReportVersion) -> Produced:
    """Return stored bytes: those of an attempt that was killed after storing, when they are valid, else new ones.

    The file's name is taken only by whole, validated bytes, so what is found under it is a finished attempt.
    """
    path, roots = path_of_version(version), (*trust_roots(), *_timestamp_roots())
    stored = document_store.read_if_stored(path)
    if stored is None:
        signed = render_and_sign(
            content_of_version(version),
            signer=signer_of_certificate(version.certificate),
            trust_roots=roots,
            timestamp_policy=_timestamp_policy(),
        )
        stored = document_store.write_once(path, signed.pdf_bytes)
    result = validate_signed_pdf(stored, trust_roots=roots, moment=version.signed_at)
    if not result.valid or result.level is None:
        raise SignatureError(f"The stored file does not validate: {'; '.join(result.reasons)}.")
    return Produced(pdf_bytes=stored, path=path, level=result.level.value)


def _timestamp_policy() -> TimestampPolicy | None:
    if not settings.TIMESTAMP_AUTHORITY_URL:
        return None
    timestamper = HTTPTimeStamper(settings.TIMESTAMP_AUTHORITY_URL, timeout=10)
    return TimestampPolicy(timestamper=timestamper, trust_roots=_timestamp_roots())


def _timestamp_roots() -> tuple:
    """Return the roots of the timestamp authority, kept as PEM in MERIDIAN_HOME/secrets/timestamp_roots.pem."""
    path = settings.MERIDIAN_HOME / "secrets" / "timestamp_roots.pem"
    return read_certificates(path.read_bytes()) if settings.TIMESTAMP_AUTHORITY_URL and path.exists() else ()


def _record(version: ReportVersion, produced: Produced) -> ReportVersion:
    version.state = ReportVersion.State.SIGNED
    version.pdf_path, version.level = produced.path, produced.level
    version.pdf_sha256 = hashlib.sha256(produced.pdf_bytes).hexdigest()
    version.pdf_size_bytes, version.produced_at = len(produced.pdf_bytes), timezone.now()
    version.save(update_fields=["state", "pdf_path", "level", "pdf_sha256", "pdf_size_bytes", "produced_at"])
    Report.objects.filter(pk=version.report_id).update(status=Report.Status.SIGNED)
    _announce("ReportSigned", version)
    record_audit(
        action="report.signed",
        object_type="report_version",
        object_id=version.pk,
        hospital_id=version.hospital_id,
        detail={"report": version.report_id, "signer": version.signer_id, "sha256": version.pdf_sha256},
    )
    return version


def _fail(version: ReportVersion, reason: str) -> ReportVersion:
    """Give the report back to its radiologist as a draft, with the reason."""
    version.state, version.failure = ReportVersion.State.FAILED, reason[:500]
    version.save(update_fields=["state", "failure"])
    Report.objects.filter(pk=version.report_id).update(status=Report.Status.DRAFT)
    if version.number == 1:
        mark_signing_failed(worklist_item_id=version.report.worklist_item_id, reason="report.signing_failed")
    _announce("ReportSigningFailed", version)
    record_audit(
        action="report.signing_failed",
        object_type="report_version",
        object_id=version.pk,
        hospital_id=version.hospital_id,
        detail={"report": version.report_id, "signer": version.signer_id},
    )
    return version


def _announce(event: str, version: ReportVersion) -> None:
    emit_event(
        event,
        hospital_id=version.hospital_id,
        report_id=version.report_id,
        report_version_id=version.pk,
        worklist_item_id=version.report.worklist_item_id,
        study_id=version.report.worklist_item.study_id,
        version_number=version.number,
        user_ids=[version.signer_id],
    )


def _reason_of(error: Exception) -> str:
    """Return words for the radiologist; an operating system's error names paths and is put into our own."""
    if isinstance(error, OSError):
        return "The signed report could not be stored. Nothing was lost: sign again once the storage is well."
    return str(error)
