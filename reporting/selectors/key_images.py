"""Which key images of a report a reader may know."""

from django.db.models import QuerySet

from hospitals.models import User
from reporting.models import KeyImage, Report
from reporting.selectors.stages import Mode


def key_images_for(report: Report, user: User) -> QuerySet[KeyImage]:
    """Return the marked images in order; of an independent reading that is not signed only the user's own."""
    images = report.key_images.order_by("pk")
    is_independent = report.worklist_item.reading_mode == Mode.DOUBLE and report.status != Report.Status.SIGNED
    return images.filter(marked_by=user) if is_independent else images
