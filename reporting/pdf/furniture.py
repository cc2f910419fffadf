"""What every page shows around the text: facility, status, patient, accession number, page X of Y."""

from reporting.pdf import appearance
from reporting.pdf.canvas import ReportCanvas, draw_lines
from reporting.pdf.content import Facility, ReportContent
from reporting.pdf.lines import Line, TextStyle, break_lines, lines_height, text_width

HEADER_TOP = 32
HEADER_GAP = 12
FACILITY_WIDTH = appearance.BODY_WIDTH - 120


def first_header_height(facility: Facility) -> float:
    """Return the height of the first page's header with the gap under its rule."""
    text = sum(lines_height(lines, style) for lines, style in _facility_lines(facility))
    return HEADER_TOP + max(text, 36) + 8 + HEADER_GAP


def _facility_lines(facility: Facility) -> list[tuple[list[Line], TextStyle]]:
    name = break_lines(facility.name, width=FACILITY_WIDTH, style=appearance.FACILITY, section="facility")
    address = _join_within(facility.address_lines, width=FACILITY_WIDTH)
    style = appearance.ADDRESS
    lines = break_lines(address, width=FACILITY_WIDTH, style=style, section="facility address") if address else []
    return [(name, appearance.FACILITY), (lines, style)]


def _join_within(parts: tuple[str, ...], *, width: float) -> str:
    """Join an address's parts by middle dots, on a new line where the next part would not fit."""
    rows: list[str] = []
    for part in parts:
        joined = f"{rows[-1]} · {part}" if rows else part
        if rows and text_width(joined, style=appearance.ADDRESS, section="facility address") <= width:
            rows[-1] = joined
        else:
            rows.append(part)
    return "\n".join(rows)


class FurnishedCanvas(ReportCanvas):
    """A canvas that knows whose report it carries."""

    def __init__(self, *args: object, content: ReportContent, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        self._content = content

    def draw_furniture(self, page_number: int, page_count: int) -> None:
        if page_number == 1:
            self._draw_first_header()
        else:
            self._draw_later_header()
        self._draw_footer(page_number, page_count)

    def _draw_first_header(self) -> None:
        facility = self._content.facility
        top = appearance.PAGE_HEIGHT - HEADER_TOP
        for lines, style in _facility_lines(facility):
            draw_lines(self, appearance.MARGIN, top, lines, style, width=0)
            top -= lines_height(lines, style)
        badge_top = appearance.PAGE_HEIGHT - HEADER_TOP - 1
        self._draw_badge(badge_top)
        self._draw_right("Radiology report", badge_top - 21, appearance.TITLE)
        rule = appearance.PAGE_HEIGHT - first_header_height(facility) + HEADER_GAP
        self._draw_rule(rule, appearance.ACCENT, 1.2)

    def _draw_later_header(self) -> None:
        top = appearance.PAGE_HEIGHT - 30
        style = appearance.FACILITY_LATER
        lines = break_lines(
            self._content.facility.name, width=appearance.BODY_WIDTH - 150, style=style, section="facility"
        )
        draw_lines(self, appearance.MARGIN, top, lines, style, width=0)
        self._draw_badge(top + 1)
        self._draw_rule(appearance.PAGE_HEIGHT - appearance.LATER_HEADER_HEIGHT + 16, appearance.HAIRLINE, 0.8)

    def _draw_badge(self, top: float) -> None:
        status = self._content.status
        line_width = text_width(status.value, style=appearance.BADGE, section="status")
        width = line_width + 20
        x = appearance.PAGE_WIDTH - appearance.MARGIN - width
        self.setFillColor(appearance.STATUS_COLOURS[status])
        self.roundRect(x, top - 17, width, 17, 3, stroke=0, fill=1)
        lines = break_lines(status.value, width=width, style=appearance.BADGE, section="status")
        draw_lines(self, x + 10, top - 2.5, lines, appearance.BADGE, width=0)

    def _draw_footer(self, page_number: int, page_count: int) -> None:
        content = self._content
        top = appearance.FOOTER_HEIGHT - 16
        self._draw_rule(top + 4, appearance.HAIRLINE, 0.8)
        self._draw_right(f"Page {page_number} of {page_count}", top, appearance.FOOTER_BOLD)
        width = appearance.BODY_WIDTH - 80
        name = break_lines(content.patient.name, width=width, style=appearance.FOOTER_BOLD, section="patient name")
        draw_lines(self, appearance.MARGIN, top, name, appearance.FOOTER_BOLD, width=0)
        issuer = f" ({content.patient.issuer_of_patient_id})" if content.patient.issuer_of_patient_id else ""
        identity = f"Patient ID {content.patient.patient_id}{issuer} · Accession {content.accession_number}"
        lines = break_lines(
            f"{identity} · {content.status.value}", width=width, style=appearance.FOOTER, section="patient ID"
        )
        identity_top = top - len(name) * appearance.FOOTER.leading
        draw_lines(self, appearance.MARGIN, identity_top, lines, appearance.FOOTER, width=0)

    def _draw_right(self, text: str, top: float, style: TextStyle) -> None:
        lines = break_lines(text, width=appearance.BODY_WIDTH, style=style, section="page")
        draw_lines(self, appearance.MARGIN + appearance.BODY_WIDTH - lines[0].width, top, lines, style, width=0)

    def _draw_rule(self, y: float, colour: object, thickness: float) -> None:
        self.setStrokeColor(colour)
        self.setLineWidth(thickness)
        self.line(appearance.MARGIN, y, appearance.PAGE_WIDTH - appearance.MARGIN, y)
