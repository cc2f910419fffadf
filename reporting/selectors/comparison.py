"""Two texts of one report side by side: a finished reading, and what came of it."""

from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _

from hospitals.models import User
from pacs_core.access.errors import NotVisible
from reporting.differences import SectionDifference, section_differences
from reporting.models import PreliminaryVersion, Report
from reporting.selectors.reports import current_draft, signed_versions
from reporting.selectors.stages import readings_for
from worklist.models import WorklistItem


@dataclass(frozen=True, kw_only=True)
class Side:
    """One of the two texts: what it is, by whom, when."""

    title: str
    author: str
    at: datetime
    sections: dict[str, str]


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """Two sides with their differences; `readings` are those that may be chosen for the left side."""

    before: Side
    after: Side
    differences: list[SectionDifference]
    readings: list[PreliminaryVersion]
    chosen: int

    @property
    def number_of_differing_sections(self) -> int:
        return sum(section.differs for section in self.differences)


def comparison_for(report: Report, user: User, *, number: int | None = None) -> Comparison:
    """Compare a finished reading with the signed text, else with what holds now, as far as the user may see both.

    `number` chooses the reading, by default the latest preliminary report, or the first of independent readings.
    Raises NotVisible when the user may see no finished reading, or nothing to compare it with.
    """
    readings = readings_for(report, user)
    if not readings:
        raise NotVisible(f"Report {report.pk} has no finished reading for you.")
    is_double = report.worklist_item.reading_mode == WorklistItem.ReadingMode.DOUBLE
    wanted = number if number is not None else (readings[0] if is_double else readings[-1]).number
    chosen = next((reading for reading in readings if reading.number == wanted), None)
    if chosen is None:
        raise NotVisible(f"Report {report.pk} has no finished reading {wanted} for you.")
    after = _what_holds(report, readings, is_double=is_double)
    return Comparison(
        before=_side(chosen),
        after=after,
        differences=section_differences(chosen.sections, after.sections),
        readings=readings[:-1] if is_double and report.status != Report.Status.SIGNED else readings,
        chosen=chosen.number,
    )


def _what_holds(report: Report, readings: list[PreliminaryVersion], *, is_double: bool) -> Side:
    """Return the first signed text, else the last independent reading, else the draft that follows a preliminary."""
    signed = signed_versions(report).order_by("number").first()
    if signed is not None:
        return Side(title=_("Signed report"), author=signed.printed_name, at=signed.signed_at, sections=signed.sections)
    if is_double:
        if len(readings) < 2:
            raise NotVisible(f"Report {report.pk} has one finished reading only.")
        return _side(readings[-1])
    draft = current_draft(report)
    return Side(title=_("Present text"), author=draft.saved_by.name, at=draft.saved_at, sections=draft.sections)


def _side(reading: PreliminaryVersion) -> Side:
    return Side(
        title=reading.get_kind_display(),
        author=reading.printed_name,
        at=reading.finished_at,
        sections=reading.sections,
    )
