"""Readings of an examination that is read twice: who may see which text, and who may sign.

Two independent readings stay independent: until the report is signed, a draft is shown only to who writes it, and a
finished reading only to those who have finished their own.
"""

from django.db.models import Prefetch, QuerySet

from hospitals.models import User
from reporting.errors import ReadingNotFinished, ResidentCannotSign
from reporting.models import DraftVersion, PreliminaryVersion, Report, ReportKind, ReportVersion
from reporting.pdf.content import APPROVER_MEANING, AUTHOR_MEANING, SECOND_READER_MEANING
from worklist.models import WorklistItem
from worklist.selectors.stages import is_first_of_two, is_resident

Mode = WorklistItem.ReadingMode
Kind = PreliminaryVersion.Kind


def is_withheld(report: Report, draft: DraftVersion, user: User) -> bool:
    """Say whether the draft is another's independent reading, which this user must not know yet."""
    return (
        report.worklist_item.reading_mode == Mode.DOUBLE
        and report.draft_kind == ReportKind.FINAL
        and report.status != Report.Status.SIGNED
        and draft.saved_by_id != user.pk
    )


def readings_of(report: Report) -> QuerySet[PreliminaryVersion]:
    """Return every reading that was finished before the signature, in order."""
    return (
        PreliminaryVersion.objects.filter(report=report)
        .select_related("author", "report__worklist_item")
        .order_by("number")
    )


def readings_for(report: Report, user: User) -> list[PreliminaryVersion]:
    """Return the finished readings that the user may see now, in order."""
    found = list(readings_of(report)) if report.preliminary_version else []
    if report.worklist_item.reading_mode != Mode.DOUBLE or report.status == Report.Status.SIGNED:
        return found
    return found if any(reading.author_id == user.pk for reading in found) else []


def finishing_kind(report: Report, user: User) -> Kind | None:
    """Return what the user's reading ends as; None when it ends with the signature."""
    item = report.worklist_item
    if report.draft_kind != ReportKind.FINAL:
        return None
    if item.reading_mode == Mode.DOUBLE and item.reading_stage == 2:
        if has_finished(report, user):
            return None
        return Kind.SECOND if report.preliminary_version == 1 else Kind.FURTHER
    if not is_first_of_two(item, is_resident=is_resident(user)):
        return None
    return Kind.FIRST if item.reading_mode == Mode.DOUBLE else Kind.PRELIMINARY


def has_finished(report: Report, user: User) -> bool:
    return PreliminaryVersion.objects.filter(report=report, author=user).exists()


def require_signer(report: Report, user: User) -> None:
    """Raise ResidentCannotSign or ReadingNotFinished unless this user's signature is the next step."""
    if is_resident(user):
        raise ResidentCannotSign(user.name)
    item = report.worklist_item
    if report.draft_kind != ReportKind.FINAL or item.reading_mode != Mode.DOUBLE:
        return
    if item.reading_stage == 1:
        raise ReadingNotFinished(
            "This examination is read twice: finish the first reading, then a second reader signs."
        )
    if not has_finished(report, user):
        raise ReadingNotFinished("Finish your own reading first. Then both readings are shown, and you sign.")


def meaning_of_signature(report: Report) -> str:
    """Return what the signature of the current draft says, as it is printed: who approves another's text says so."""
    if report.draft_kind != ReportKind.FINAL or not report.preliminary_version:
        return AUTHOR_MEANING
    return SECOND_READER_MEANING if report.worklist_item.reading_mode == Mode.DOUBLE else APPROVER_MEANING


def first_readings_of(user: User) -> QuerySet[PreliminaryVersion]:
    """Return what the user finished and another was to sign, in the open scope, the newest first.

    Each report has `signed`, a list of its first signed version or empty.
    """
    signed = ReportVersion.objects.filter(state=ReportVersion.State.SIGNED, number=1).select_related("signer")
    return (
        PreliminaryVersion.objects.filter(author=user, kind__in=(Kind.PRELIMINARY, Kind.FIRST))
        .select_related(
            "report__worklist_item__study__patient",
            "report__worklist_item__order",
            "report__worklist_item__claimed_by",
            "report__worklist_item__assigned_to",
            "hospital",
        )
        .prefetch_related(Prefetch("report__versions", queryset=signed, to_attr="signed"))
        .order_by("-finished_at", "-pk")
    )
