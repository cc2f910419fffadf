"""From text to glyphs: bidirectional levels (UAX #9, python-bidi) and shaping (HarfBuzz), one word at a time."""

import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

import uharfbuzz
from bidi import algorithm as bidi_algorithm

from reporting.pdf.typefaces import Typeface, load_typeface, split_by_typeface

RIGHT_TO_LEFT = frozenset({"R", "AL", "AN", "RLE", "RLO", "RLI"})
SHAPER_INVISIBLE = uharfbuzz.BufferFlags.REMOVE_DEFAULT_IGNORABLES


@dataclass(frozen=True)
class Glyph:
    """A placed glyph; `source` is the text it stands for, empty when an earlier glyph of the cluster carries it.

    Advance and offsets are in thousandths of an em.
    """

    glyph_id: int
    source: str
    advance: float
    x_offset: float
    y_offset: float


@dataclass(frozen=True)
class GlyphRun:
    """Glyphs of one font and one direction in visual order, with the text they print in reading order."""

    typeface: Typeface
    text: str
    level: int
    glyphs: tuple[Glyph, ...]

    @property
    def width(self) -> float:
        return sum(glyph.advance for glyph in self.glyphs)

    @property
    def needs_actual_text(self) -> bool:
        """Tell whether the glyphs alone do not spell the text, as after Devanagari's reordering."""
        return any(not glyph.source for glyph in self.glyphs) or "Devanagari" in self.typeface.name


def normalize(text: str) -> str:
    """Return the composed form (NFC), with tabs and the no-break space of pasted text as they are printed."""
    return unicodedata.normalize("NFC", text.replace("\t", "    "))


def bidi_levels(text: str) -> list[int]:
    """Return the embedding level of each character (UAX #9 up to rule I2); all 0 for left-to-right text."""
    if not any(unicodedata.bidirectional(character) in RIGHT_TO_LEFT for character in text):
        return [0] * len(text)
    storage = bidi_algorithm.get_empty_storage()
    base_level = bidi_algorithm.get_base_level(text)
    storage["base_level"] = base_level
    storage["base_dir"] = "LR"[base_level]
    bidi_algorithm.get_embedding_levels(text, storage)
    bidi_algorithm.explicit_embed_and_overrides(storage)
    bidi_algorithm.resolve_weak_types(storage)
    bidi_algorithm.resolve_neutral_types(storage, False)
    bidi_algorithm.resolve_implicit_levels(storage, False)
    resolved = iter(entry["level"] for entry in storage["chars"])
    # Rule X9 drops marks of type BN from the storage: they take the level of the character before.
    levels: list[int] = []
    for character in text:
        dropped = unicodedata.bidirectional(character) in bidi_algorithm.X9_REMOVED
        levels.append((levels[-1] if levels else base_level) if dropped else next(resolved))
    return levels


def shape_word(text: str, levels: list[int], *, bold: bool, section: str) -> list[GlyphRun]:
    """Shape one word into runs in reading order, each of one font and one level."""
    runs: list[GlyphRun] = []
    start = 0
    for typeface, piece in split_by_typeface(text, bold=bold, section=section):
        end = start + len(piece)
        while start < end:
            stop = start
            while stop < end and levels[stop] == levels[start]:
                stop += 1
            piece_text = text[start:stop]
            runs.append(_shape_run(typeface.name, piece_text, levels[start]))
            start = stop
    return runs


@lru_cache(maxsize=4096)
def _shape_run(typeface_name: str, text: str, level: int) -> GlyphRun:
    typeface = load_typeface(typeface_name)
    buffer = uharfbuzz.Buffer()
    buffer.cluster_level = uharfbuzz.BufferClusterLevel.MONOTONE_CHARACTERS
    buffer.flags = SHAPER_INVISIBLE
    buffer.add_str(text)
    buffer.guess_segment_properties()
    buffer.direction = "rtl" if level % 2 else "ltr"
    uharfbuzz.shape(typeface.font, buffer, {"liga": False, "clig": False, "dlig": False})
    sources = _sources([info.cluster for info in buffer.glyph_infos], text, reverse=bool(level % 2))
    scale = 1000 / typeface.units_per_em
    glyphs = tuple(
        Glyph(info.codepoint, source, position.x_advance * scale, position.x_offset * scale, position.y_offset * scale)
        for info, position, source in zip(buffer.glyph_infos, buffer.glyph_positions, sources, strict=True)
    )
    return GlyphRun(typeface, text, level, glyphs)


def _sources(clusters: list[int], text: str, *, reverse: bool) -> list[str]:
    """Give each cluster's text to its first glyph in reading order and nothing to the others."""
    bounds = [*sorted(set(clusters)), len(text)]
    text_of = {start: text[start:stop] for start, stop in pairwise(bounds)}
    order = range(len(clusters) - 1, -1, -1) if reverse else range(len(clusters))
    sources = [""] * len(clusters)
    for index in order:
        sources[index] = text_of.pop(clusters[index], "")
    return sources


def visual_order(runs: list[GlyphRun]) -> list[GlyphRun]:
    """Reorder one line's runs for display (UAX #9, rule L2, on runs whose glyphs are already in visual order)."""
    ordered = list(runs)
    highest = max((run.level for run in runs), default=0)
    for level in range(highest, 0, -1):
        start = 0
        while start < len(ordered):
            if ordered[start].level < level:
                start += 1
                continue
            stop = start
            while stop < len(ordered) and ordered[stop].level >= level:
                stop += 1
            ordered[start:stop] = reversed(ordered[start:stop])
            start = stop
    return ordered
