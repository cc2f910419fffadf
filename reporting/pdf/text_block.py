"""Paragraphs that flow over pages."""

from reportlab.lib.colors import Color
from reportlab.platypus import Flowable

from reporting.pdf.canvas import draw_lines
from reporting.pdf.lines import Line, TextStyle, break_lines, lines_height

BAR_INDENT = 11
BAR_WIDTH = 2.4


class TextBlock(Flowable):
    """Paragraphs of one style, split between lines; `section` names the place in GlyphMissing.

    `bar` is the colour of a rule at the left edge, for the part a reader looks for first.
    """

    def __init__(
        self,
        text: str,
        *,
        style: TextStyle,
        section: str,
        bar: Color | None = None,
        space_before: float = 0,
        space_after: float = 0,
    ) -> None:
        super().__init__()
        self._text, self._style, self._section, self._bar = text, style, section, bar
        self._lines: list[Line] | None = None
        self.spaceBefore, self.spaceAfter = space_before, space_after

    @property
    def _indent(self) -> float:
        return BAR_INDENT if self._bar else 0

    def _lines_within(self, width: float) -> list[Line]:
        if self._lines is None:
            self._lines = break_lines(self._text, width=width - self._indent, style=self._style, section=self._section)
        return self._lines

    def wrap(self, available_width: float, available_height: float) -> tuple[float, float]:
        self.width, self.height = available_width, lines_height(self._lines_within(available_width), self._style)
        return self.width, self.height

    def split(self, available_width: float, available_height: float) -> list[Flowable]:
        """Split between lines, leaving no first or last line alone."""
        lines = self._lines_within(available_width)
        count = 0
        while count < len(lines) and lines_height(lines[: count + 1], self._style) <= available_height:
            count += 1
        count = min(count, len(lines) - 2)
        if count < 2:
            return []
        first, rest = self._part(lines[:count]), self._part(lines[count:])
        first.spaceBefore, rest.spaceAfter = self.spaceBefore, self.spaceAfter
        return [first, rest]

    def _part(self, lines: list[Line]) -> "TextBlock":
        part = TextBlock("", style=self._style, section=self._section, bar=self._bar)
        part._lines = lines
        return part

    def draw(self) -> None:
        if self._bar:
            self.canv.setFillColor(self._bar)
            self.canv.rect(0, 1, BAR_WIDTH, self.height - 2, stroke=0, fill=1)
        width = self.width - self._indent
        draw_lines(self.canv, self._indent, self.height, self._lines_within(self.width), self._style, width=width)
