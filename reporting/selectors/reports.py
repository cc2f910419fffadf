"""Which report, and its parts, the open scope's person may see."""

from django.db.models import QuerySet
from django.urls import reverse

from hospitals.models import User
from pacs_core.access.errors import NotVisible, PermissionRefused
from reporting.models import DraftVersion, Report, ReportKind, ReportVersion
from reporting.selectors.stages import is_withheld

# Who in a hospital may read its drafts and versions outside the portal.
READING_ROLES = (User.Role.RADIOLOGIST,)

DIAGNOSTIC_STATUSES = ("registered", "partial", "preliminary", "final", "appended", "corrected")
_STATUS_OF_KIND = {ReportKind.FINAL: "final", ReportKind.ADDENDUM: "appended", ReportKind.CORRECTED: "corrected"}


def reports_in_scope() -> QuerySet[Report]:
    return Report.objects.select_related(
        "hospital",
        "author",
        "worklist_item__claimed_by",
        "worklist_item__assigned_to",
        "worklist_item__order__referring_physician",
        "worklist_item__study__patient",
    ).order_by("-pk")


def report_for_reader(*, report_id: int, user: User) -> Report:
    """Return a report to a radiologist; NotVisible outside the scope, PermissionRefused for another role.

    A referring physician sees reports through the portal only, so none exists for one here.
    """
    report = reports_in_scope().filter(pk=report_id).first()
    if report is None or user.role == User.Role.REFERRING_PHYSICIAN:
        raise NotVisible(f"No report {report_id}.")
    if user.role not in READING_ROLES:
        raise PermissionRefused("Only radiologists read reports here.")
    return report


def current_draft(report: Report) -> DraftVersion:
    return DraftVersion.objects.select_related("saved_by").get(report=report, number=report.draft_version)


def signed_versions(report: Report) -> QuerySet[ReportVersion]:
    """Return the signed versions, the newest first."""
    return (
        ReportVersion.objects.filter(report=report, state=ReportVersion.State.SIGNED)
        .select_related("signer", "previous")
        .order_by("-number")
    )


def latest_signed_version(report: Report) -> ReportVersion | None:
    return signed_versions(report).first()


def current_sections(report: Report, user: User) -> dict[str, str] | None:
    """Return what the report says now: a signed one what was signed, also after an addendum was discarded.

    None while it is another's independent reading, which this user must not know yet.
    """
    signed = latest_signed_version(report) if report.status == Report.Status.SIGNED else None
    if signed is not None:
        return signed.sections
    draft = current_draft(report)
    return None if is_withheld(report, draft, user) else draft.sections


def failure_of_last_attempt(report: Report) -> str:
    """Return why signing the current draft failed when it did; '' otherwise, and once the text was changed."""
    if report.status == Report.Status.SIGNED:
        return ""
    last = ReportVersion.objects.filter(report=report).order_by("-pk").first()
    if last is None or last.state != ReportVersion.State.FAILED or last.draft_version != report.draft_version:
        return ""
    return last.failure


def diagnostic_status(report: Report) -> str:
    """Return the report's status as in FHIR (DiagnosticReport.status); HL7 v2 table 0123 says P, F or C for them.

    A first independent reading is `partial`: nothing may be taken from it until both readings are compared.
    """
    if report.status == Report.Status.SIGNED:
        return _STATUS_OF_KIND[report.draft_kind]
    if report.draft_kind != ReportKind.FINAL:
        return "final"
    if not report.preliminary_version:
        return "registered"
    return "partial" if report.worklist_item.reading_mode == "double" else "preliminary"


def address_of_pdf(version: ReportVersion) -> str:
    return reverse("reporting:version_pdf", args=[version.report_id, version.number])


def pdf_addresses_by_study(study_ids: list[int]) -> dict[int, str]:
    """Return the address of the latest signed version of each study that has one."""
    versions = (
        ReportVersion.objects.filter(report__worklist_item__study_id__in=study_ids, state=ReportVersion.State.SIGNED)
        .select_related("report__worklist_item")
        .order_by("number")
    )
    return {version.report.worklist_item.study_id: address_of_pdf(version) for version in versions}


def version_for_reader(*, report_id: int, number: int, user: User) -> ReportVersion:
    report = report_for_reader(report_id=report_id, user=user)
    version = signed_versions(report).filter(number=number).first()
    if version is None:
        raise NotVisible(f"Report {report_id} has no signed version {number}.")
    return version
