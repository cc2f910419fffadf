"""Can every character be printed: the signed PDF shows no boxes, so what has no glyph is told while writing."""

import re
import unicodedata
from collections.abc import Iterator, Mapping

from reporting.checks.check import Check, utf16_offset
from reporting.pdf.errors import GlyphMissing
from reporting.pdf.typefaces import split_by_typeface
from reporting.sections import SECTION_TITLES

_WORD = re.compile(r"\S+")


def check_printable(sections: Mapping[str, str]) -> Iterator[Check]:
    """Mark the first character of each word that the report's fonts cannot print."""
    for section, text in sections.items():
        if text.isascii() and text.replace("\n", "").replace("\t", "").isprintable():
            continue
        for word in _WORD.finditer(text):
            missing = _missing_character(word.group(), SECTION_TITLES[section])
            if missing is not None:
                yield _check(section, text, word, missing)


def _missing_character(word: str, title: str) -> GlyphMissing | None:
    try:
        split_by_typeface(unicodedata.normalize("NFC", word), bold=False, section=title)
    except GlyphMissing as error:
        return error
    return None


def _check(section: str, text: str, word: re.Match[str], missing: GlyphMissing) -> Check:
    """Mark the character; the whole word where normalizing composed it from several."""
    start, length = word.start() + word.group().find(missing.character), len(missing.character)
    if missing.character not in word.group():
        start, length = word.start(), len(word.group())
    code_point = f"U+{ord(missing.character[0]):04X}"
    return Check(
        code="no_glyph",
        section=section,
        severity="error",
        message=f"The character {code_point} cannot be printed in the report. Replace it.",
        start=utf16_offset(text, start),
        end=utf16_offset(text, start + length),
        blocking=True,
    )
