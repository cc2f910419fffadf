"""Text broken into lines of glyph runs."""

import re
from dataclasses import dataclass, field

from reportlab.lib.colors import Color, HexColor

from reporting.pdf.shaping import GlyphRun, bidi_levels, normalize, shape_word

INK = HexColor(0x1B2733)
QUIET = HexColor(0x5A6875)

# A number keeps its unit on its line: "6" at the end of one and "mm" on the next is misread.
UNITS = (
    "mm|cm|m|mL|ml|L|mg|g|kg|µg|mGy|mSv|Gy|MBq|GBq|kBq|HU|s|ms|min|T|kV|mA|mAs|%|mm²|cm²|mm³|cm³|mmHg"
    "|years?|weeks?|days?"
)
# Chinese and Japanese break between any two characters but before closing and after opening marks (UAX #14).
HAN_OR_KANA = r"[\u3041-\u3096\u30a1-\u30fa\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]"
OPENING, CLOSING = "[「『（〈《【〔]*", "[、。，．：；？！」』）〉》】〕・ー々…]*"
PLAIN = rf"(?:(?!{OPENING}{HAN_OR_KANA})[^ ])"
WORD_OR_SPACE = re.compile(rf" +|{PLAIN}*\d (?:{UNITS})(?!\w){PLAIN}*|{OPENING}{HAN_OR_KANA}{CLOSING}|{PLAIN}+")
LIST_MARK = re.compile(r" *(?:\d{1,2}[.)]|[-*•–]) +(?=\S)")
EMPTY_LINE_SHARE = 0.45


@dataclass(frozen=True)
class TextStyle:
    size: float = 10
    leading: float = 14.5
    bold: bool = False
    colour: Color = INK


@dataclass
class Line:
    """One line: runs in reading order, width and indent in points, whether its paragraph reads right to left."""

    runs: list[GlyphRun] = field(default_factory=list)
    width: float = 0
    indent: float = 0
    right_to_left: bool = False

    def extend(self, runs: list[GlyphRun], style: TextStyle) -> None:
        self.runs.extend(runs)
        self.width += points(runs, style)

    def height(self, style: TextStyle) -> float:
        """Return the line's leading; an empty line parts paragraphs by less."""
        return style.leading if self.runs else style.leading * EMPTY_LINE_SHARE


def points(runs: list[GlyphRun], style: TextStyle) -> float:
    return sum(run.width for run in runs) * style.size / 1000


def lines_height(lines: list[Line], style: TextStyle) -> float:
    return sum(line.height(style) for line in lines)


def break_lines(text: str, *, width: float, style: TextStyle, section: str) -> list[Line]:
    """Break text into lines no wider than `width` points; line feeds end paragraphs, an empty one stays a line.

    The lines of a list entry hang under its text. Raises GlyphMissing naming `section`.
    """
    breaker = _ParagraphBreaker(width=width, style=style, section=section)
    lines: list[Line] = []
    for paragraph in normalize(text).splitlines() or [""]:
        lines.extend(breaker.lines_of(paragraph.rstrip()))
    return lines


def text_width(text: str, *, style: TextStyle, section: str) -> float:
    return break_lines(text, width=float("inf"), style=style, section=section)[0].width


class _ParagraphBreaker:
    """Fills lines word by word; words are shaped once, each by itself."""

    def __init__(self, *, width: float, style: TextStyle, section: str) -> None:
        self._width, self._style, self._section = width, style, section

    def lines_of(self, paragraph: str) -> list[Line]:
        levels = bidi_levels(paragraph)
        right_to_left = bool(levels) and min(levels) % 2 == 1
        indent = 0.0 if right_to_left else self._hanging_indent(paragraph, levels)
        lines = [Line(right_to_left=right_to_left)]
        space: list[GlyphRun] = []
        for match in WORD_OR_SPACE.finditer(paragraph):
            word, word_levels = match.group(), levels[match.start() : match.end()]
            runs = self._shape(word, word_levels)
            if word.isspace():
                space = runs
                continue
            line = lines[-1]
            if line.runs and not self._fits(line, space + runs):
                lines.append(Line(right_to_left=right_to_left, indent=indent))
                space = []
            if self._fits(lines[-1], space + runs):
                lines[-1].extend(space + runs, self._style)
            else:
                self._fill_with_characters(lines, word, word_levels)
            space = []
        return lines

    def _shape(self, text: str, levels: list[int]) -> list[GlyphRun]:
        return shape_word(text, levels, bold=self._style.bold, section=self._section)

    def _fits(self, line: Line, runs: list[GlyphRun]) -> bool:
        return line.indent + line.width + points(runs, self._style) <= self._width

    def _hanging_indent(self, paragraph: str, levels: list[int]) -> float:
        mark = LIST_MARK.match(paragraph)
        return points(self._shape(mark.group(), levels[: mark.end()]), self._style) if mark else 0.0

    def _fill_with_characters(self, lines: list[Line], word: str, levels: list[int]) -> None:
        """Break a word wider than a line (a link, pasted data) between characters."""
        while word:
            line = lines[-1]
            count = len(word)
            while count > 1 and not self._fits(line, self._shape(word[:count], levels[:count])):
                count -= 1
            line.extend(self._shape(word[:count], levels[:count]), self._style)
            word, levels = word[count:], levels[count:]
            if word:
                lines.append(Line(right_to_left=line.right_to_left, indent=line.indent))
