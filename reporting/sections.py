"""The five sections of a report, in the order of the page (ACR practice parameter for communication)."""

from typing import Any

from reporting.errors import InvalidSections

SECTION_NAMES = ("clinical_information", "technique", "comparison", "findings", "impression")
SECTION_TITLES = {name: name.replace("_", " ").capitalize() for name in SECTION_NAMES}
MAXIMUM_CHARACTERS = 50_000


def clean_sections(value: Any) -> dict[str, str]:
    """Return the sections in order with line ends as \\n; InvalidSections names what is wrong."""
    if not isinstance(value, dict) or set(value) != set(SECTION_NAMES):
        raise InvalidSections(f"A draft holds exactly the sections {', '.join(SECTION_NAMES)}.")
    cleaned = {}
    for name in SECTION_NAMES:
        text = value[name]
        if not isinstance(text, str):
            raise InvalidSections(f"Section {name} is not text.")
        if "\x00" in text:
            raise InvalidSections(f"Section {name} holds a NUL character.\nMaybe it came in with pasted text.")
        cleaned[name] = text.replace("\r\n", "\n").replace("\r", "\n")
    total = sum(len(text) for text in cleaned.values())
    if total > MAXIMUM_CHARACTERS:
        raise InvalidSections(f"The report has {total} characters; at most {MAXIMUM_CHARACTERS} fit.")
    return cleaned


def empty_sections() -> dict[str, str]:
    return dict.fromkeys(SECTION_NAMES, "")
