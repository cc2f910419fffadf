"""Pages of examinations that are read twice: two texts side by side, and what became of one's first readings."""

from typing import Any

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from hospitals.models import User
from pacs_core.access.permissions import roles_required
from pacs_core.audit.services import record_audit
from reporting.differences import section_differences
from reporting.models import PreliminaryVersion, Report
from reporting.selectors.comparison import comparison_for
from reporting.selectors.reports import report_for_reader
from reporting.selectors.stages import Mode, finishing_kind, first_readings_of, readings_for
from reporting.services.content import exam_description_of
from worklist.models import WorklistItem
from worklist.selectors.stages import is_resident

PAGE_SIZE = 50


@require_GET
@never_cache
@roles_required("radiologist")
def comparison(request: HttpRequest, report_id: int) -> HttpResponse:
    """Show a finished reading beside what came of it; `?reading=` chooses which one."""
    report = report_for_reader(report_id=report_id, user=request.user)
    wanted = request.GET.get("reading", "")
    compared = comparison_for(report, request.user, number=int(wanted) if wanted.isdecimal() else None)
    record_audit(
        action="report.readings_compared", object_type="report", object_id=report.pk, hospital_id=report.hospital_id
    )
    context = {"report": report, "comparison": compared, "hospital": report.hospital}
    return render(request, "reporting/comparison.html", context)


@require_GET
@never_cache
@roles_required("radiologist")
def first_readings(request: HttpRequest) -> HttpResponse:
    """List what one read first, and what became of it."""
    pager = Paginator(first_readings_of(request.user), PAGE_SIZE).get_page(request.GET.get("page"))
    rows = [_row(reading) for reading in pager.object_list]
    record_audit(action="report.first_readings_viewed", object_type="user", object_id=request.user.pk)
    return render(request, "reporting/first_readings.html", {"rows": rows, "pager": pager})


def _row(reading: PreliminaryVersion) -> dict[str, Any]:
    report = reading.report
    item, signed = report.worklist_item, next(iter(report.signed), None)
    differences = section_differences(reading.sections, signed.sections) if signed else []
    return {
        "reading": reading,
        "item": item,
        "study": item.study,
        "patient": item.study.patient,
        "hospital": reading.hospital,
        "examination": exam_description_of(item.study, item.order),
        "signed": signed,
        "changed": [section.title for section in differences if section.differs],
        "state": "" if signed else _state_in_words(item),
    }


def _state_in_words(item: WorklistItem) -> str:
    if item.status == WorklistItem.Status.CANCELLED:
        return _("Cancelled")
    if item.reading_stage == 1:
        return _("Sent back")
    if item.claimed_by is not None:
        return _("%(name)s reads it") % {"name": item.claimed_by.name}
    if item.assigned_to is not None:
        return _("Waits for %(name)s") % {"name": item.assigned_to.name}
    return _("Waits for a second reader")


def stage_context(report: Report | None, item: WorklistItem, user: User, *, may_write: bool) -> dict[str, Any]:
    """Return what the reading page shows of an item that is read twice."""
    readings = readings_for(report, user) if report else []
    is_double = item.reading_mode == Mode.DOUBLE
    is_signed = report is not None and report.status == Report.Status.SIGNED
    return {
        "finishing": (finishing_kind(report, user) or "") if report and may_write else "",
        "cannot_sign": may_write and is_resident(user),
        "readings": readings,
        "may_compare": bool(readings) and (not is_double or is_signed or len(readings) > 1),
        "may_send_back": may_write and item.reading_mode == Mode.TWO_TIER and item.reading_stage == 2,
        "remark": _remark(item),
        "opens_comparison": may_write and is_double and len(readings) > 1,
    }


def _remark(item: WorklistItem) -> Any:
    """Return the transition by which an attending sent the item back, while its first reader has it again."""
    if item.first_reader_id is None or item.reading_stage != 1:
        return None
    return item.transitions.filter(action="send_back").select_related("actor").order_by("-pk").first()
