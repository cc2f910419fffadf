"""The fonts kept with the product (Noto Sans, static TrueType, OFL) and the choice of one for each run of text."""

import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import uharfbuzz

from reporting.pdf.errors import GlyphMissing

FONT_FOLDER = Path(__file__).parent / "fonts"
# The first family that has a character prints it, so Latin punctuation and digits always look alike.
FAMILIES = ("NotoSans", "NotoSansArabic", "NotoSansMath", "NotoSansDevanagari", "NotoSansSymbols", "NotoSansSymbols2")
# Chinese, Japanese and Korean share code points but not shapes: the report's language decides who comes first.
HAN_FAMILIES = ("NotoSansSC", "NotoSansJP", "NotoSansKR")
HAN_FAMILY_OF_LANGUAGE = {"ja": "NotoSansJP", "ko": "NotoSansKR"}
ONE_WEIGHT = frozenset({"NotoSansMath", "NotoSansSymbols", "NotoSansSymbols2"})
# Joiners and directional marks steer shaping and ordering and print nothing.
INVISIBLE = frozenset("\u00ad\u200b\u200c\u200d\u200e\u200f\u2060\ufeff")

# Control, format (embedding and override marks disguise text), private use, surrogate, unassigned.
UNPRINTABLE_CATEGORIES = frozenset({"Cc", "Cf", "Co", "Cs", "Cn"})

_language: ContextVar[str] = ContextVar("printing_language", default="en")


@dataclass(frozen=True, eq=False)
class Typeface:
    """One font file; equal only to itself, so it can be a dictionary key."""

    name: str
    face: uharfbuzz.Face
    font: uharfbuzz.Font
    coverage: frozenset[int]

    @property
    def units_per_em(self) -> int:
        return self.face.upem

    def width_of(self, glyph_id: int) -> int:
        """Return the advance of a glyph in thousandths of an em, as PDF widths are counted."""
        return round(self.font.get_glyph_h_advance(glyph_id) * 1000 / self.face.upem)


@cache
def load_typeface(name: str) -> Typeface:
    face = uharfbuzz.Face(uharfbuzz.Blob.from_file_path(str(FONT_FOLDER / f"{name}.ttf")))
    return Typeface(name=name, face=face, font=uharfbuzz.Font(face), coverage=frozenset(face.unicodes))


@contextmanager
def printing_language(language: str) -> Iterator[None]:
    """Prefer the shapes of this language (a tag of BCP 47) for characters that several languages share."""
    token = _language.set(language.split("-")[0].lower())
    try:
        yield
    finally:
        _language.reset(token)


@cache
def _candidates(language: str, *, bold: bool) -> tuple[Typeface, ...]:
    first = HAN_FAMILY_OF_LANGUAGE.get(language, HAN_FAMILIES[0])
    families = (*FAMILIES, first, *(family for family in HAN_FAMILIES if family != first))
    weight = "Bold" if bold else "Regular"
    return tuple(load_typeface(f"{family}-{'Regular' if family in ONE_WEIGHT else weight}") for family in families)


def split_by_typeface(text: str, *, bold: bool, section: str) -> list[tuple[Typeface, str]]:
    """Cut text into runs of one font each.

    A combining mark or joiner stays with its base. Raises GlyphMissing naming the first character no font has.
    """
    runs: list[tuple[Typeface, str]] = []
    candidates = _candidates(_language.get(), bold=bold)
    for character in text:
        current = runs[-1][0] if runs else None
        chosen = _choose(character, current, candidates)
        if chosen is None:
            raise GlyphMissing(character=character, section=section)
        if chosen is current:
            runs[-1] = (chosen, runs[-1][1] + character)
        else:
            runs.append((chosen, character))
    return runs


def _choose(character: str, current: Typeface | None, candidates: tuple[Typeface, ...]) -> Typeface | None:
    if character in INVISIBLE:
        return current or candidates[0]
    category = unicodedata.category(character)
    if category in UNPRINTABLE_CATEGORIES:
        # Some fonts map control and private-use characters to blanks: what nobody can read is not signed.
        return None
    if category.startswith("M") and current is not None:
        # A mark in another font than its base would float beside it: one font has both, or none prints it.
        return current if ord(character) in current.coverage else None
    return next((typeface for typeface in candidates if ord(character) in typeface.coverage), None)
