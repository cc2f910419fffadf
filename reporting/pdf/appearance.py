"""Measures, colours and text styles of the page, and how instants are written."""

from datetime import date, datetime

from reportlab.lib.colors import HexColor
from reportlab.lib.pagesizes import A4

from reporting.pdf.content import ReportStatus
from reporting.pdf.lines import INK, QUIET, TextStyle

PAGE_WIDTH, PAGE_HEIGHT = A4
MARGIN = 54
BODY_WIDTH = PAGE_WIDTH - 2 * MARGIN
LATER_HEADER_HEIGHT = 66
FOOTER_HEIGHT = 66

ACCENT = HexColor(0x1F4E6B)
HAIRLINE = HexColor(0xCBD3DA)
WASH = HexColor(0xF3F6F8)
WHITE = HexColor(0xFFFFFF)
STATUS_COLOURS = {
    ReportStatus.PRELIMINARY: HexColor(0x9A5B00),
    ReportStatus.FINAL: HexColor(0x1F6B4A),
    ReportStatus.ADDENDUM: HexColor(0x5B3F8C),
    ReportStatus.CORRECTED: HexColor(0x9B2C2C),
}

FACILITY = TextStyle(size=15, leading=19, bold=True, colour=ACCENT)
FACILITY_LATER = TextStyle(size=10.5, leading=14, bold=True, colour=ACCENT)
ADDRESS = TextStyle(size=8.5, leading=11.5, colour=QUIET)
TITLE = TextStyle(size=9, leading=12, colour=QUIET)
BADGE = TextStyle(size=9, leading=12, bold=True, colour=WHITE)
LABEL = TextStyle(size=8, leading=13.5, colour=QUIET)
VALUE = TextStyle(size=9.5, leading=13.5)
VALUE_BOLD = TextStyle(size=9.5, leading=13.5, bold=True)
HEADING = TextStyle(size=10.5, leading=15, bold=True, colour=ACCENT)
BODY = TextStyle(size=10, leading=14.5)
NOTE = TextStyle(size=8, leading=11, colour=QUIET)
FOOTER = TextStyle(size=8, leading=11, colour=QUIET)
FOOTER_BOLD = TextStyle(size=8, leading=11, bold=True, colour=INK)
SIGNER = TextStyle(size=12, leading=17, bold=True)


def write_date(value: date | None) -> str:
    return f"{value.day} {value:%B %Y}" if value else "not stated"


def write_instant(value: datetime, *, seconds: bool) -> str:
    """Write an instant in its own zone with the zone's name and offset: 3 May 2026, 14:05:09 CEST (UTC+02:00)."""
    clock = f"{value:%H:%M:%S}" if seconds else f"{value:%H:%M}"
    offset = f"{value:%z}"
    offset = f"UTC{offset[:3]}:{offset[3:5]}"
    name = value.tzname() or ""
    # Zones without an abbreviation of letters ("+03", "UTC+03:00") would say their offset twice.
    zone = f"{name} ({offset})" if name.isalpha() else offset
    return f"{write_date(value)}, {clock} {zone}"
