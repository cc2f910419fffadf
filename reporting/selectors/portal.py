"""What a referring physician sees: signed reports of the orders that name this physician, and nothing else."""

from django.db.models import Case, F, QuerySet, Value, When

from hospitals.models import User
from pacs_core.access.errors import NotVisible
from reporting.models import Delivery, Report, ReportVersion


def deliveries_of(user: User) -> QuerySet[Delivery]:
    """Return the user's deliveries of each report's latest signed version, unseen first, then the newest."""
    return (
        _own_deliveries(user)
        .exclude(report_version__successors__state=ReportVersion.State.SIGNED)
        .annotate(seen=Case(When(first_viewed_at__isnull=True, then=Value(0)), default=Value(1)))
        .order_by("seen", F("delivered_at").desc())
    )


def report_in_portal(*, report_id: int, user: User) -> Report:
    """Return a report with a delivery to this physician; NotVisible for anyone else's."""
    report = (
        Report.objects.filter(
            pk=report_id,
            worklist_item__order__referring_physician=user,
            versions__deliveries__recipient=user,
        )
        .select_related("hospital", "worklist_item__study__patient", "worklist_item__order")
        .distinct()
        .first()
    )
    if report is None:
        raise NotVisible(f"No report {report_id}.")
    return report


def versions_in_portal(report: Report, user: User) -> QuerySet[Delivery]:
    """Return the deliveries of a report's versions to this physician, the newest first."""
    return _own_deliveries(user).filter(report_version__report=report).order_by("-report_version__number")


def delivery_in_portal(*, report_version_id: int, user: User) -> Delivery:
    delivery = _own_deliveries(user).filter(report_version_id=report_version_id).first()
    if delivery is None:
        raise NotVisible(f"No report version {report_version_id}.")
    return delivery


def _own_deliveries(user: User) -> QuerySet[Delivery]:
    """Deliveries alone do not suffice: an order corrected to another physician closes the door."""
    return Delivery.objects.filter(
        recipient=user,
        report_version__state=ReportVersion.State.SIGNED,
        report_version__report__worklist_item__order__referring_physician=user,
    ).select_related(
        "hospital",
        "report_version__signer",
        "report_version__previous",
        "report_version__report__worklist_item__order",
        "report_version__report__worklist_item__study__patient",
    )
