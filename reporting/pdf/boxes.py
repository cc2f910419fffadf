"""The boxes of a report page: aligned fields, the earlier version, the signature block with its QR code."""

import segno
from reportlab.platypus import Flowable

from reporting.pdf import appearance
from reporting.pdf.canvas import ReportCanvas, draw_lines
from reporting.pdf.content import EarlierReading, SignatureBlock, Verification
from reporting.pdf.lines import Line, TextStyle, break_lines, lines_height

PADDING = 11
LABEL_WIDTH = 84
QR_SIZE = 82


class FieldGrid(Flowable):
    """Labels and values in aligned columns on a wash; a field is (label, value, style of the value)."""

    def __init__(
        self, rows: list[list[tuple[str, str, TextStyle]]], *, title: str = "", space_after: float = 0
    ) -> None:
        super().__init__()
        self._rows, self._title, self.spaceAfter = rows, title, space_after

    def wrap(self, available_width: float, available_height: float) -> tuple[float, float]:
        self.width = available_width
        self._cells = [self._lay_row(row) for row in self._rows]
        title_height = appearance.HEADING.leading + 3 if self._title else 0
        self.height = 2 * PADDING - 4 + title_height + sum(height for height, _ in self._cells)
        return self.width, self.height

    def _lay_row(
        self, row: list[tuple[str, str, TextStyle]]
    ) -> tuple[float, list[tuple[list[Line], list[Line], TextStyle]]]:
        column = (self.width - 2 * PADDING) / len(row)
        cells = []
        for label, value, style in row:
            label_lines = break_lines(label, width=LABEL_WIDTH - 6, style=appearance.LABEL, section=label.lower())
            value_width = column - LABEL_WIDTH - 8
            value_lines = break_lines(value, width=value_width, style=style, section=label.lower())
            cells.append((label_lines, value_lines, style))
        return max(lines_height(lines, style) for _, lines, style in cells) + 2, cells

    def draw(self) -> None:
        _draw_wash(self.canv, self.width, self.height)
        top = self.height - PADDING + 2
        if self._title:
            lines = break_lines(self._title, width=self.width, style=appearance.HEADING, section="title")
            draw_lines(self.canv, PADDING, top, lines, appearance.HEADING, width=self.width)
            top -= appearance.HEADING.leading + 3
        for height, cells in self._cells:
            column = (self.width - 2 * PADDING) / len(cells)
            for index, (label_lines, value_lines, style) in enumerate(cells):
                x = PADDING + index * column
                draw_lines(self.canv, x, top, label_lines, appearance.LABEL, width=0)
                draw_lines(self.canv, x + LABEL_WIDTH, top, value_lines, style, width=0)
            top -= height


class SignatureBox(Flowable):
    """The signature block beside the QR code of its verification page (21 CFR 11.50); above it who read before."""

    def __init__(
        self,
        block: SignatureBlock,
        verification: Verification,
        *,
        readings: tuple[EarlierReading, ...] = (),
        space_before: float = 0,
    ) -> None:
        super().__init__()
        self._readings = readings
        self._block, self._verification, self.spaceBefore = block, verification, space_before

    def wrap(self, available_width: float, available_height: float) -> tuple[float, float]:
        self.width = available_width
        text_width = available_width - QR_SIZE - 3 * PADDING
        signed_at = appearance.write_instant(self._block.signed_at, seconds=True)
        check = (
            f"Check this report: {self._verification.url}\nVerification code: {self._verification.code}\n"
            "The digital signature covers this whole file; any later change makes it invalid."
        )
        label = "Approved and electronically signed by" if self._readings else "Electronically signed by"
        parts = [
            *_reading_parts(self._readings),
            (label, appearance.LABEL, "signature block"),
            (self._block.printed_name, appearance.SIGNER, "printed name"),
            (signed_at, appearance.VALUE, "signing time"),
            (self._block.meaning, appearance.VALUE, "meaning of the signature"),
            ("", appearance.VALUE, "signature block"),
            (check, appearance.NOTE, "verification"),
        ]
        self._parts = [
            (break_lines(text, width=text_width, style=style, section=section), style) for text, style, section in parts
        ]
        text_height = sum(lines_height(lines, style) for lines, style in self._parts)
        self.height = max(text_height, QR_SIZE) + 2 * PADDING
        return self.width, self.height

    def draw(self) -> None:
        self.canv.setStrokeColor(appearance.HAIRLINE)
        self.canv.setLineWidth(0.8)
        self.canv.roundRect(0, 0, self.width, self.height, 4, stroke=1, fill=0)
        top = self.height - PADDING
        for lines, style in self._parts:
            draw_lines(self.canv, PADDING, top, lines, style, width=0)
            top -= lines_height(lines, style)
        x, y = self.width - PADDING - QR_SIZE, (self.height - QR_SIZE) / 2
        draw_qr_code(self.canv, self._verification.url, x=x, y=y, size=QR_SIZE)


def _reading_parts(readings: tuple[EarlierReading, ...]) -> list[tuple[str, TextStyle, str]]:
    parts = []
    for reading in readings:
        finished_at = appearance.write_instant(reading.finished_at, seconds=False)
        parts += [
            (f"{reading.title} by", appearance.LABEL, "earlier reading"),
            (f"{reading.reader}, {finished_at}", appearance.VALUE, "earlier reading"),
        ]
    return [*parts, ("", appearance.VALUE, "earlier reading")] if parts else []


def draw_qr_code(canvas: ReportCanvas, text: str, *, x: float, y: float, size: float) -> None:
    """Draw a QR code (ISO/IEC 18004, level M) as one path, its quiet zone left to the white around it."""
    matrix = segno.make(text, error="m", micro=False).matrix
    module = size / len(matrix)
    path = canvas.beginPath()
    for row_number, row in enumerate(matrix):
        column = 0
        while column < len(row):
            run = column
            while run < len(row) and row[run]:
                run += 1
            if run > column:
                path.rect(x + column * module, y + size - (row_number + 1) * module, (run - column) * module, module)
            column = max(run, column + 1)
    canvas.setFillColor(appearance.INK)
    canvas.drawPath(path, stroke=0, fill=1)


def _draw_wash(canvas: ReportCanvas, width: float, height: float) -> None:
    canvas.setFillColor(appearance.WASH)
    canvas.roundRect(0, 0, width, height, 4, stroke=0, fill=1)
