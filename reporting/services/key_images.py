"""Mark the images that a report is about, and write them beside the images once it is signed."""

from django.db import transaction
from django.utils import timezone

from hospitals.models import User
from pacs_core.access.errors import NotVisible
from pacs_core.archive.models import Instance
from pacs_core.archive.services.key_objects import store_key_object_selection
from pacs_core.audit.services import record_audit
from pacs_core.standards.dicom.storage_classes import says_something_of_images
from reporting.errors import KeyImageRefused
from reporting.models import KeyImage, Report, ReportVersion
from reporting.selectors.key_images import key_images_for
from reporting.selectors.reports import report_for_reader
from reporting.services.drafts import lock_report, require_writable

MOST_KEY_IMAGES = 50


@transaction.atomic
def mark_key_image(*, report_id: int, user: User, sop_instance_uid: str, frame_number: int) -> KeyImage:
    """Mark an image of the report's study; marking it again changes nothing.

    Raises NotVisible, NotClaimHolder, ReportNotEditable, KeyImageRefused.
    """
    report = _locked_for_writing(report_id, user)
    instance = (
        Instance.objects.filter(series__study=report.worklist_item.study_id, sop_instance_uid=sop_instance_uid)
        .select_related("series")
        .defer("metadata")
        .first()
    )
    if instance is None or says_something_of_images(instance.sop_class_uid):
        raise KeyImageRefused("sop_instance_uid names no image of the study that is reported.")
    if frame_number > instance.number_of_frames:
        raise KeyImageRefused(f"frame_number is {frame_number}, the image has {instance.number_of_frames}.")
    marked = key_images_for(report, user)
    known = marked.filter(sop_instance_uid=sop_instance_uid, frame_number=frame_number).first()
    if known is not None:
        return known
    if marked.count() >= MOST_KEY_IMAGES:
        raise KeyImageRefused(f"{MOST_KEY_IMAGES} key images are marked already. Maybe remove one.")
    image = KeyImage.objects.create(
        hospital_id=report.hospital_id,
        report=report,
        sop_instance_uid=sop_instance_uid,
        frame_number=frame_number,
        series_instance_uid=instance.series.series_instance_uid,
        series_number=instance.series.series_number,
        instance_number=instance.instance_number,
        marked_by=user,
    )
    _audit("report.key_image_marked", report)
    return image


@transaction.atomic
def unmark_key_image(*, report_id: int, user: User, key_image_id: int) -> None:
    """Take back a mark that no signature has stored yet; raises as mark_key_image."""
    report = _locked_for_writing(report_id, user)
    image = key_images_for(report, user).filter(pk=key_image_id).first()
    if image is None:
        raise NotVisible(f"Report {report_id} has no key image {key_image_id}.")
    if image.stored_at is not None:
        raise KeyImageRefused("The key image was stored with the signed report and stays.")
    image.delete()
    _audit("report.key_image_unmarked", report)


@transaction.atomic
def store_key_images(version: ReportVersion) -> int:
    """Write what was marked since the last signature into a key object selection; return how many. Safe to repeat."""
    report = lock_report(version.report_id)
    images = list(report.key_images.filter(stored_at__isnull=True).order_by("pk"))
    if not images:
        return 0
    store_key_object_selection(
        study=report.worklist_item.study,
        images=list(dict.fromkeys((image.sop_instance_uid, image.frame_number) for image in images)),
        name=version.verification_nonce,
        observer=version.printed_name[:64],
        made_at=version.signed_at.astimezone(report.hospital.zone),
    )
    KeyImage.objects.filter(pk__in=[image.pk for image in images]).update(stored_at=timezone.now())
    return len(images)


def _locked_for_writing(report_id: int, user: User) -> Report:
    report_for_reader(report_id=report_id, user=user)
    report = lock_report(report_id)
    require_writable(report, user)
    return report


def _audit(action: str, report: Report) -> None:
    record_audit(action=action, object_type="report", object_id=report.pk, hospital_id=report.hospital_id)
