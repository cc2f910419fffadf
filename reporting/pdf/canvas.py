"""The page's canvas, and the one place where text is drawn on it."""

from reportlab.lib.colors import Color
from reportlab.pdfgen.canvas import Canvas

from reporting.pdf.glyph_font import GlyphFont
from reporting.pdf.lines import Line, TextStyle
from reporting.pdf.shaping import GlyphRun, visual_order
from reporting.pdf.typefaces import Typeface


class ReportCanvas(Canvas):
    """A canvas with glyph fonts, reproducible bytes and pages that know their total."""

    def __init__(self, *args: object, **kwargs: object) -> None:
        kwargs |= {"invariant": 1, "pageCompression": 1}
        super().__init__(*args, **kwargs)
        self._glyph_fonts: dict[Typeface, GlyphFont] = {}
        self._finished_pages: list[dict[str, object]] = []

    def glyph_font(self, typeface: Typeface) -> GlyphFont:
        if typeface not in self._glyph_fonts:
            font = GlyphFont(typeface, f"G{len(self._glyph_fonts) + 1}")
            self._glyph_fonts[typeface] = font
            self._doc.delayedFonts.append(font)
        return self._glyph_fonts[typeface]

    def showPage(self) -> None:
        self._finished_pages.append(dict(self.__dict__))
        self._startPage()

    def save(self) -> None:
        """Draw each page's furniture, now that the number of pages is known, and write the document."""
        pages = self._finished_pages
        for number, page in enumerate(pages, start=1):
            self.__dict__.update(page)
            self.draw_furniture(number, len(pages))
            super().showPage()
        super().save()

    def draw_furniture(self, page_number: int, page_count: int) -> None:
        """Draw what every page shows; the layout's canvas overrides it."""


def draw_line(canvas: ReportCanvas, x: float, y: float, line: Line, style: TextStyle, *, width: float = 0) -> None:
    """Draw one line with its baseline at y; right-to-left lines end at x + width. Every text on a page passes here."""
    x += width - line.width if line.right_to_left and width else line.indent
    code = [f"BT {_rgb(style.colour)} rg 1 0 0 1 {x:.3f} {y:.3f} Tm"]
    current = None
    for run in visual_order(line.runs):
        font = canvas.glyph_font(run.typeface)
        if run.typeface is not current:
            code.append(f"/{font.internal_name} {style.size:g} Tf")
            current = run.typeface
        shown = _show_run(font, run, style.size)
        if run.needs_actual_text:
            text = "FEFF" + run.text.encode("utf-16-be").hex().upper()
            shown = f"/Span <</ActualText <{text}>>> BDC {shown} EMC"
        code.append(shown)
    code.append("ET")
    canvas._code.append(" ".join(code))  # reportlab has no public way to show glyphs by number


def _show_run(font: GlyphFont, run: GlyphRun, size: float) -> str:
    """Return the operators that show a run; numbers in TJ move left by thousandths of an em."""
    parts: list[str] = []
    correction = 0.0
    rise = 0.0
    pieces: list[str] = []
    for glyph in run.glyphs:
        if glyph.y_offset != rise:
            pieces.append(_show(parts))
            pieces.append(f"{glyph.y_offset * size / 1000:.3f} Ts")
            parts, rise = [], glyph.y_offset
        before = correction + glyph.x_offset
        if abs(before) >= 0.5:
            parts.append(f"{-before:.0f}")
            before -= round(before)
        parts.append(f"<{font.code_for(glyph.glyph_id, glyph.source):04X}>")
        correction = before + glyph.advance - glyph.x_offset - run.typeface.width_of(glyph.glyph_id)
    if abs(correction) >= 0.5:
        parts.append(f"{-correction:.0f}")
    pieces.append(_show(parts))
    if rise:
        pieces.append("0 Ts")
    return " ".join(piece for piece in pieces if piece)


def _show(parts: list[str]) -> str:
    return f"[{''.join(parts)}] TJ".replace("><", "") if parts else ""


def _rgb(colour: Color) -> str:
    return f"{colour.red:.4f} {colour.green:.4f} {colour.blue:.4f}"


def draw_lines(
    canvas: ReportCanvas, x: float, top: float, lines: list[Line], style: TextStyle, *, width: float
) -> None:
    """Draw lines downward from `top`; the baseline sits so that a line's box is its leading."""
    for line in lines:
        top -= line.height(style)
        if line.runs:
            draw_line(canvas, x, top + style.leading * 0.28, line, style, width=width)
