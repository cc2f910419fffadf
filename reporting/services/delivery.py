"""Bring a signed version to the referring physician, and keep account of looks and downloads."""

from django.db.models import F
from django.utils import timezone

from pacs_core.audit.services import record_audit
from pacs_core.events.services import emit_event
from reporting.document_store import read_verified
from reporting.models import Delivery, ReportVersion


def deliver_version(version: ReportVersion) -> Delivery | None:
    """Put the version into the portal of its order's referring physician; once, however often it is called.

    Returns None for a study without an order or a physician without an account: nothing to deliver to.
    """
    order = version.report.worklist_item.order
    if order is None or order.referring_physician_id is None:
        return None
    delivery, created = Delivery.objects.get_or_create(
        report_version=version,
        recipient_id=order.referring_physician_id,
        defaults={"hospital_id": version.hospital_id},
    )
    if created:
        emit_event(
            "ReportDelivered",
            hospital_id=version.hospital_id,
            report_id=version.report_id,
            report_version_id=version.pk,
            delivery_id=delivery.pk,
            user_ids=[order.referring_physician_id],
        )
        _audit("report.delivered", delivery)
    return delivery


def note_look(delivery: Delivery) -> None:
    """Record that the recipient read the report's text."""
    Delivery.objects.filter(pk=delivery.pk, first_viewed_at__isnull=True).update(first_viewed_at=timezone.now())
    _audit("report.viewed", delivery)


def download_delivered(delivery: Delivery) -> bytes:
    """Return the signed bytes exactly as stored, and record the download."""
    version = delivery.report_version
    content = read_verified(version.pdf_path, sha256=version.pdf_sha256)
    Delivery.objects.filter(pk=delivery.pk, first_viewed_at__isnull=True).update(first_viewed_at=timezone.now())
    Delivery.objects.filter(pk=delivery.pk).update(downloads=F("downloads") + 1)
    _audit("report.downloaded", delivery)
    return content


def download_for_reader(version: ReportVersion) -> bytes:
    """Return the signed bytes to a radiologist, and record it."""
    content = read_verified(version.pdf_path, sha256=version.pdf_sha256)
    record_audit(
        action="report.downloaded",
        object_type="report_version",
        object_id=version.pk,
        hospital_id=version.hospital_id,
        detail={"report": version.report_id},
    )
    return content


def _audit(action: str, delivery: Delivery) -> None:
    record_audit(
        action=action,
        object_type="report_version",
        object_id=delivery.report_version_id,
        hospital_id=delivery.hospital_id,
        detail={"delivery": delivery.pk, "recipient": delivery.recipient_id},
    )
