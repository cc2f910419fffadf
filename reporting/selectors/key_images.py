"""Which key images of a report a reader may know."""

from django.db.models import Min, QuerySet

from hospitals.models import User
from reporting.models import KeyImage, Report
from reporting.selectors.stages import Mode


def key_images_for(report: Report, user: User) -> QuerySet[KeyImage]:
    """Return the marked images in order, each once; until an independent reading is signed only the user's own."""
    images = report.key_images.order_by("pk")
    if report.worklist_item.reading_mode == Mode.DOUBLE and report.status != Report.Status.SIGNED:
        return images.filter(marked_by=user)
    each = report.key_images.values("sop_instance_uid", "frame_number").annotate(first=Min("pk"))
    return images.filter(pk__in=each.values("first"))
