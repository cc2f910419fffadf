"""The archive pass: what makes a laid-out file PDF/A-3b (ISO 19005-3), with pikepdf.

Neither document information nor XMP names a patient. Same pages, same instant, same bytes.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from io import BytesIO

import pikepdf
from pikepdf import Array, Dictionary, Name, Pdf, Stream, String

from reporting.pdf.colour_profile import srgb_profile
from reporting.pdf.errors import ArchiveRuleBroken

TITLE = "Radiology report"
PRODUCER = "Meridian"
EARLIER_REPORT_FILE_NAME = "earlier-report.pdf"


@dataclass(frozen=True, kw_only=True)
class AttachedFile:
    """A file carried byte for byte as associated file (ISO 19005-3, 6.8)."""

    pdf_bytes: bytes
    modified_at: datetime


def make_archive(pages: bytes, *, created_at: datetime, language: str, earlier: AttachedFile | None = None) -> bytes:
    """Return the pages as PDF/A-3b with the earlier signed report attached. Raises ArchiveRuleBroken."""
    with Pdf.open(BytesIO(pages)) as pdf:
        _remove_standard_fonts(pdf)
        _require_embedded_fonts(pdf)
        root = pdf.Root
        for key in ("/Outlines", "/PageMode", "/OpenAction", "/AA", "/Names"):
            if key in root:
                del root[key]
        root.Lang = String(language)
        root.ViewerPreferences = Dictionary(DisplayDocTitle=True)
        root.OutputIntents = Array([pdf.make_indirect(_output_intent(pdf))])
        if earlier:
            _attach(pdf, earlier)
        _write_information(pdf, created_at)
        root.Metadata = _metadata_stream(pdf, created_at)
        output = BytesIO()
        pdf.save(
            output,
            min_version="1.7",
            deterministic_id=True,
            object_stream_mode=pikepdf.ObjectStreamMode.disable,
            fix_metadata_version=False,
        )
    return output.getvalue()


def _remove_standard_fonts(pdf: Pdf) -> None:
    """Drop the selection of a font that is not embedded where no text is shown with it.

    reportlab begins each page, Table and Drawing with such a selection of Helvetica.
    """
    # Pages may share one resource dictionary: its entries go only after every page is read.
    bare_of_page = [
        (page, {name for name, font in _fonts(page).items() if not _is_embedded(font)}) for page in pdf.pages
    ]
    for page, bare in bare_of_page:
        if bare:
            page.Contents = pdf.make_stream(_without_selections(page, bare))
    for page, bare in bare_of_page:
        for name in bare & set(_fonts(page).keys()):
            del _fonts(page)[name]


def _fonts(page: pikepdf.Page) -> pikepdf.Object:
    return page.resources.get("/Font", Dictionary())


def _without_selections(page: pikepdf.Page, bare: set[str]) -> bytes:
    kept = []
    selected: str | None = None
    for instruction in pikepdf.parse_content_stream(page):
        operator = str(instruction.operator)
        if operator == "Tf":
            selected = str(instruction.operands[0])
            if selected in bare:
                continue
        if operator in ("Tj", "TJ", "'", '"') and selected in bare:
            raise ArchiveRuleBroken(f"Text is shown with the font {selected}, which is not embedded.")
        kept.append(instruction)
    return pikepdf.unparse_content_stream(kept)


def _is_embedded(font: pikepdf.Object) -> bool:
    if font.get("/Subtype") == Name.Type0:
        font = font.DescendantFonts[0]
    descriptor = font.get("/FontDescriptor")
    return descriptor is not None and any(key in descriptor for key in ("/FontFile", "/FontFile2", "/FontFile3"))


def _require_embedded_fonts(pdf: Pdf) -> None:
    for page in pdf.pages:
        for name, font in _fonts(page).items():
            if not _is_embedded(font) or "/ToUnicode" not in font:
                raise ArchiveRuleBroken(f"The font {name} is not embedded with a Unicode map.")


def _output_intent(pdf: Pdf) -> Dictionary:
    profile = Stream(pdf, srgb_profile())
    profile.N = 3
    return Dictionary(
        Type=Name.OutputIntent,
        S=Name.GTS_PDFA1,
        OutputConditionIdentifier=String("sRGB IEC61966-2.1"),
        Info=String("sRGB IEC61966-2.1"),
        RegistryName=String("http://www.color.org"),
        DestOutputProfile=pdf.make_indirect(profile),
    )


def _attach(pdf: Pdf, earlier: AttachedFile) -> None:
    embedded = Stream(pdf, earlier.pdf_bytes)
    embedded.Type = Name.EmbeddedFile
    embedded.Subtype = Name("/application/pdf")
    embedded.Params = Dictionary(Size=len(earlier.pdf_bytes), ModDate=String(pdf_date(earlier.modified_at)))
    embedded = pdf.make_indirect(embedded)
    specification = pdf.make_indirect(
        Dictionary(
            Type=Name.Filespec,
            F=String(EARLIER_REPORT_FILE_NAME),
            UF=String(EARLIER_REPORT_FILE_NAME),
            Desc=String("The earlier signed report that this version follows"),
            AFRelationship=Name.Source,
            EF=Dictionary(F=embedded, UF=embedded),
        )
    )
    pdf.Root.Names = Dictionary(
        EmbeddedFiles=Dictionary(Names=Array([String(EARLIER_REPORT_FILE_NAME), specification]))
    )
    pdf.Root.AF = Array([specification])


def pdf_date(instant: datetime) -> str:
    """Return an instant in UTC as a PDF date (ISO 32000-1, 7.9.4)."""
    return f"D:{instant.astimezone(UTC):%Y%m%d%H%M%S}Z"


def _write_information(pdf: Pdf, created_at: datetime) -> None:
    pdf.trailer.Info = pdf.make_indirect(
        Dictionary(
            Title=String(TITLE),
            Producer=String(PRODUCER),
            CreationDate=String(pdf_date(created_at)),
            ModDate=String(pdf_date(created_at)),
        )
    )


def _metadata_stream(pdf: Pdf, created_at: datetime) -> pikepdf.Object:
    instant = f"{created_at.astimezone(UTC):%Y-%m-%dT%H:%M:%S}Z"
    document_id = sha256(b"".join(page.Contents.read_bytes() for page in pdf.pages)).hexdigest()[:32]
    packet = _XMP.format(title=TITLE, producer=PRODUCER, instant=instant, document_id=document_id)
    stream = Stream(pdf, packet.encode("utf-8"))
    stream.Type = Name.Metadata
    stream.Subtype = Name.XML
    return pdf.make_indirect(stream)


# One rdf:Description for each schema: Preflight and older readers refuse them merged.
_XMP = """<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/">
 <rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
  <rdf:Description rdf:about="" xmlns:pdfaid="http://www.aiim.org/pdfa/ns/id/">
   <pdfaid:part>3</pdfaid:part>
   <pdfaid:conformance>B</pdfaid:conformance>
  </rdf:Description>
  <rdf:Description rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/">
   <dc:format>application/pdf</dc:format>
   <dc:title><rdf:Alt><rdf:li xml:lang="x-default">{title}</rdf:li></rdf:Alt></dc:title>
  </rdf:Description>
  <rdf:Description rdf:about="" xmlns:pdf="http://ns.adobe.com/pdf/1.3/">
   <pdf:Producer>{producer}</pdf:Producer>
  </rdf:Description>
  <rdf:Description rdf:about="" xmlns:xmp="http://ns.adobe.com/xap/1.0/">
   <xmp:CreateDate>{instant}</xmp:CreateDate>
   <xmp:ModifyDate>{instant}</xmp:ModifyDate>
   <xmp:MetadataDate>{instant}</xmp:MetadataDate>
  </rdf:Description>
  <rdf:Description rdf:about="" xmlns:xmpMM="http://ns.adobe.com/xap/1.0/mm/">
   <xmpMM:DocumentID>uuid:{document_id}</xmpMM:DocumentID>
  </rdf:Description>
 </rdf:RDF>
</x:xmpmeta>
<?xpacket end="r"?>"""
