"""Run every check on a draft."""

import re
from collections.abc import Mapping

from reporting.checks.check import Check, Facts
from reporting.checks.completeness import check_mandatory_sections, check_unfilled_fields
from reporting.checks.laterality import check_laterality
from reporting.checks.printing import check_printable
from reporting.checks.sex import check_sex
from reporting.sections import SECTION_NAMES
from worklist.models import WorklistItem

_SIDE_WORDS = {"L": re.compile(r"\b(left|lt)\b", re.IGNORECASE), "R": re.compile(r"\b(right|rt)\b", re.IGNORECASE)}
_BOTH = re.compile(r"\b(both|bilateral|bilat)\b", re.IGNORECASE)


def run_checks(sections: Mapping[str, str], facts: Facts) -> list[Check]:
    """Return the remarks in the order of the page."""
    found = [
        *check_mandatory_sections(sections),
        *check_unfilled_fields(sections),
        *check_printable(sections),
        *check_laterality(sections, facts),
        *check_sex(sections, facts),
    ]
    return sorted(found, key=lambda check: (SECTION_NAMES.index(check.section), check.start, check.code))


def facts_of_item(item: WorklistItem) -> Facts:
    """Gather what the order says, else the images: the order is what the referring physician asked for."""
    order, study = item.order, item.study
    descriptions = (order.procedure_description if order else "", study.description)
    laterality = (order.laterality if order else "") or study.laterality
    if not laterality:
        laterality = next(filter(None, map(side_of_description, descriptions)), "")
    body_part = (order.body_part if order else "") or study.body_part
    return Facts(laterality=laterality, patient_sex=study.patient.sex, body_part=body_part)


def side_of_description(description: str) -> str:
    """Return L or R when a procedure's description names exactly one side ("XR KNEE RT"), else ''."""
    if _BOTH.search(description):
        return ""
    named = [side for side, word in _SIDE_WORDS.items() if word.search(description)]
    return named[0] if len(named) == 1 else ""
