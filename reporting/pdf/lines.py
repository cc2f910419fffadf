"""Text broken into lines of glyph runs."""

from dataclasses import dataclass, field

from reportlab.lib.colors import Color, HexColor

from reporting.pdf.shaping import GlyphRun, bidi_levels, normalize, shape_word

INK = HexColor(0x1B2733)
QUIET = HexColor(0x5A6875)


@dataclass(frozen=True)
class TextStyle:
    size: float = 10
    leading: float = 14.5
    bold: bool = False
    colour: Color = INK


@dataclass
class Line:
    """One line: runs in reading order, its width in points, and whether its paragraph reads right to left."""

    runs: list[GlyphRun] = field(default_factory=list)
    width: float = 0
    right_to_left: bool = False


def break_lines(text: str, *, width: float, style: TextStyle, section: str) -> list[Line]:
    """Break text into lines no wider than `width` points; line feeds end paragraphs, an empty one stays a line."""
    lines: list[Line] = []
    for paragraph in normalize(text).splitlines() or [""]:
        lines.extend(_break_paragraph(paragraph.rstrip(), width=width, style=style, section=section))
    return lines


def text_width(text: str, *, style: TextStyle, section: str) -> float:
    return break_lines(text, width=float("inf"), style=style, section=section)[0].width


def _break_paragraph(paragraph: str, *, width: float, style: TextStyle, section: str) -> list[Line]:
    levels = bidi_levels(paragraph)
    right_to_left = bool(levels) and min(levels) % 2 == 1
    lines = [Line(right_to_left=right_to_left)]
    pending: list[GlyphRun] = []
    for start, stop in _words(paragraph):
        runs = shape_word(paragraph[start:stop], levels[start:stop], bold=style.bold, section=section)
        if paragraph[start] == " ":
            pending = runs
            continue
        line = lines[-1]
        if line.runs and line.width + _points(pending + runs, style) > width:
            line = Line(right_to_left=right_to_left)
            lines.append(line)
            pending = []
        if _points(runs, style) > width:
            runs = _fit_long_word(lines, pending, paragraph[start:stop], levels[start:stop], width, style, section)
            line, pending = lines[-1], []
        _extend(line, pending + runs, style)
        pending = []
    return lines


def _fit_long_word(  # noqa: PLR0913 - one step of _break_paragraph, cut out for its length
    lines: list[Line],
    pending: list[GlyphRun],
    word: str,
    levels: list[int],
    width: float,
    style: TextStyle,
    section: str,
) -> list[GlyphRun]:
    """Break a word wider than a line (an address, pasted data) between characters; return the rest's runs."""
    _extend(lines[-1], pending, style)
    while len(word) > 1:
        count = len(word) - 1
        while (
            count > 1
            and _points(shape_word(word[:count], levels[:count], bold=style.bold, section=section), style) > width
        ):
            count -= 1
        _extend(lines[-1], shape_word(word[:count], levels[:count], bold=style.bold, section=section), style)
        lines.append(Line(right_to_left=lines[-1].right_to_left))
        word, levels = word[count:], levels[count:]
        rest = shape_word(word, levels, bold=style.bold, section=section)
        if _points(rest, style) <= width:
            return rest
    return shape_word(word, levels, bold=style.bold, section=section)


def _words(paragraph: str) -> list[tuple[int, int]]:
    """Return the bounds of words and of the spaces between them, in reading order."""
    bounds = []
    start = 0
    for index in range(1, len(paragraph) + 1):
        if index == len(paragraph) or (paragraph[index] == " ") != (paragraph[start] == " "):
            bounds.append((start, index))
            start = index
    return bounds if paragraph else []


def _points(runs: list[GlyphRun], style: TextStyle) -> float:
    return sum(run.width for run in runs) * style.size / 1000


def _extend(line: Line, runs: list[GlyphRun], style: TextStyle) -> None:
    line.runs.extend(runs)
    line.width += _points(runs, style)
