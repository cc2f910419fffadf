"""Answers of reporting to events; thin, idempotent, in the event's hospital and transaction."""

from pacs_core.events.models import Event
from reporting.models import ReportVersion
from reporting.services.delivery import deliver_version
from reporting.services.key_images import store_key_images


def produce_signed_report(event: Event) -> None:
    # Rendering and signing load reportlab, pikepdf and pyHanko: over a second that only the worker that signs spends.
    from reporting.services.production import produce_version

    produce_version(report_version_id=event.payload["report_version_id"])


def deliver_signed_report(event: Event) -> None:
    version = ReportVersion.objects.select_related("report__worklist_item__order").get(
        pk=event.payload["report_version_id"]
    )
    deliver_version(version)


def store_key_images_of_report(event: Event) -> None:
    store_key_images(ReportVersion.objects.get(pk=event.payload["report_version_id"]))
