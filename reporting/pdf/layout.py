"""A report's content laid out on A4 pages with reportlab."""

from functools import partial
from io import BytesIO

from reportlab.platypus import BaseDocTemplate, CondPageBreak, Flowable, Frame, NextPageTemplate, PageTemplate
from reportlab.platypus.doctemplate import LayoutError

from reporting.pdf import appearance
from reporting.pdf.boxes import FieldGrid, SignatureBox
from reporting.pdf.content import CriticalCommunication, EarlierVersion, ReportContent, ReportStatus, Section
from reporting.pdf.errors import BoxTooTall
from reporting.pdf.furniture import FurnishedCanvas, first_header_height
from reporting.pdf.text_block import TextBlock
from reporting.pdf.typefaces import printing_language

TITLE = "Radiology report"


def lay_out(content: ReportContent) -> bytes:
    """Return the pages as an unsigned PDF, the same bytes for the same content. Raises GlyphMissing, BoxTooTall."""
    output = BytesIO()
    document = BaseDocTemplate(
        output,
        pagesize=(appearance.PAGE_WIDTH, appearance.PAGE_HEIGHT),
        pageTemplates=[
            _page_template("first", first_header_height(content.facility)),
            _page_template("later", appearance.LATER_HEADER_HEIGHT),
        ],
        title=TITLE,
        lang=content.language,
    )
    try:
        with printing_language(content.language):
            document.build(_story(content), canvasmaker=partial(FurnishedCanvas, content=content))
    except LayoutError:
        raise BoxTooTall from None
    return output.getvalue()


def _page_template(name: str, header_height: float) -> PageTemplate:
    height = appearance.PAGE_HEIGHT - header_height - appearance.FOOTER_HEIGHT
    frame = Frame(
        appearance.MARGIN,
        appearance.FOOTER_HEIGHT,
        appearance.BODY_WIDTH,
        height,
        leftPadding=0,
        rightPadding=0,
        topPadding=0,
        bottomPadding=0,
    )
    return PageTemplate(id=name, frames=[frame])


def _story(content: ReportContent) -> list[Flowable]:
    story: list[Flowable] = [NextPageTemplate("later"), _patient_grid(content)]
    if content.earlier_version:
        story.append(_earlier_version_grid(content.status, content.earlier_version))
    for name, text in _ordered_sections(content):
        story.extend(_section(name, text))
    if content.critical_communication:
        story.append(_communication_grid(content.critical_communication))
    story.append(
        SignatureBox(content.signature_block, content.verification, readings=content.earlier_readings, space_before=16)
    )
    return story


def _ordered_sections(content: ReportContent) -> list[tuple[str, str]]:
    """Return the sections with text: the known ones in the order of Section, then others as given."""
    known = [section.value for section in Section]
    names = [name for name in known if name in content.sections]
    names += [name for name in content.sections if name not in known]
    return [(name, content.sections[name].strip()) for name in names if content.sections[name].strip()]


def _section(name: str, text: str) -> list[Flowable]:
    bar = appearance.ACCENT if name == Section.IMPRESSION else None
    heading = name[:1].upper() + name[1:]
    return [
        CondPageBreak(appearance.HEADING.leading + 2 * appearance.BODY.leading + 12),
        TextBlock(heading, style=appearance.HEADING, section=name, space_before=10, space_after=1),
        TextBlock(text, style=appearance.BODY, section=name, bar=bar, space_after=2),
    ]


def _patient_grid(content: ReportContent) -> FieldGrid:
    patient = content.patient
    value, bold = appearance.VALUE, appearance.VALUE_BOLD
    patient_id = (
        f"{patient.patient_id} ({patient.issuer_of_patient_id})" if patient.issuer_of_patient_id else patient.patient_id
    )
    return FieldGrid(
        [
            [("Patient name", patient.name, bold)],
            [("Patient ID", patient_id, bold), ("Birth date", appearance.write_date(patient.birth_date), value)],
            [("Accession number", content.accession_number, value), ("Sex", patient.sex or "not stated", value)],
            [("Exam", content.exam_description, bold)],
            [("Exam time", appearance.write_instant(content.exam_at, seconds=False), value)],
            [("Referred by", content.referring_physician or "self-referred", value)],
            [("Site of reading", content.site_of_reading, value)],
        ],
        space_after=4,
    )


def _earlier_version_grid(status: ReportStatus, earlier: EarlierVersion) -> FieldGrid:
    title = "Correction of an earlier report" if status == ReportStatus.CORRECTED else "Addendum to an earlier report"
    value = appearance.VALUE
    note = "The earlier report is attached to this file, byte for byte as it was signed."
    return FieldGrid(
        [
            [("Signed by", earlier.signer, value)],
            [("Signed at", appearance.write_instant(earlier.signed_at, seconds=True), value)],
            [("SHA-256", earlier.sha256, appearance.NOTE)],
            [("", note, appearance.NOTE)],
        ],
        title=title,
        space_after=6,
    )


def _communication_grid(communication: CriticalCommunication) -> Flowable:
    value = appearance.VALUE
    grid = FieldGrid(
        [
            [("What", communication.what, value)],
            [("To", communication.to_whom, value)],
            [("By", communication.by_whom, value)],
            [("When", appearance.write_instant(communication.communicated_at, seconds=False), value)],
            [("How", communication.how, value)],
            [("Read back", "yes" if communication.read_back else "no", value)],
        ],
        title="Communication of a non-routine finding",
    )
    grid.spaceBefore = 16
    return grid
