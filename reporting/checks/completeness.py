"""Is everything there: mandatory sections, and no template field left unfilled."""

import re
from collections.abc import Iterator, Mapping

from reporting.checks.check import Check, utf16_offset
from reporting.sections import SECTION_TITLES

MANDATORY_SECTIONS = ("findings", "impression")
_FIELD = re.compile(r"\[[^\[\]\n]{0,60}\]")


def check_mandatory_sections(sections: Mapping[str, str]) -> Iterator[Check]:
    for section in MANDATORY_SECTIONS:
        if not sections[section].strip():
            yield Check(
                code="mandatory_section",
                section=section,
                severity="error",
                message=f"{SECTION_TITLES[section]} is empty: a report is not signed without it.",
                start=0,
                end=0,
                blocking=True,
            )


def check_unfilled_fields(sections: Mapping[str, str]) -> Iterator[Check]:
    """Fields are marked quietly while writing, but a signed report shows none to the referring physician."""
    for section, text in sections.items():
        for match in _FIELD.finditer(text):
            yield Check(
                code="unfilled_field",
                section=section,
                severity="info",
                message=f"The field {match.group()} is not filled in.",
                start=utf16_offset(text, match.start()),
                end=utf16_offset(text, match.end()),
                blocking=True,
            )
