"""The archive file: PDF/A-3b's rules as far as they can be read back, reproducible, and silent about the patient."""

import subprocess
from dataclasses import replace
from io import BytesIO
from pathlib import Path

import pikepdf
import pytest
from reportlab.lib.pagesizes import A4
from reportlab.pdfgen.canvas import Canvas

from reporting.pdf.archive_pass import make_archive
from reporting.pdf.content import EarlierVersion, ReportStatus
from reporting.pdf.errors import ArchiveRuleBroken
from reporting.pdf.produce import render_unsigned
from tests.reporting.pdf.samples import REPORT, SIGNED_AT, report_with
from tests.tools import require_tool

EARLIER = EarlierVersion(signed_at=SIGNED_AT, signer="Dr. A", sha256="0" * 64, pdf_bytes=b"%PDF-1.7\n\x00\xff earlier")


def test_same_version_and_same_clock_give_the_same_bytes() -> None:
    assert render_unsigned(REPORT) == render_unsigned(REPORT)


def test_another_instant_gives_other_bytes() -> None:
    later = replace(REPORT.signature_block, signed_at=SIGNED_AT.replace(second=10))

    assert render_unsigned(REPORT) != render_unsigned(replace(REPORT, signature_block=later))


def test_document_declares_pdf_a_3b_with_intent_language_and_title() -> None:
    with pikepdf.open(BytesIO(render_unsigned(REPORT))) as pdf:
        metadata = pdf.open_metadata()
        assert (metadata["pdfaid:part"], metadata["pdfaid:conformance"]) == ("3", "B")
        assert metadata["dc:title"] == str(pdf.docinfo["/Title"]) == "Radiology report"
        assert str(pdf.Root.Lang) == "en"
        assert "/ID" in pdf.trailer
        assert "/Encrypt" not in pdf.trailer
        intent = pdf.Root.OutputIntents[0]
        assert intent.S == pikepdf.Name.GTS_PDFA1
        assert intent.DestOutputProfile.read_bytes()[36:40] == b"acsp"
        assert "/Names" not in pdf.Root


def test_neither_information_nor_xmp_name_the_patient() -> None:
    with pikepdf.open(BytesIO(render_unsigned(REPORT))) as pdf:
        told = str(dict(pdf.docinfo.items())) + pdf.Root.Metadata.read_bytes().decode("utf-8")

    for secret in ("Sørensen", "Ængela", "NG-0042817", "ACC-2026-118842", "1961"):
        assert secret not in told


def test_every_font_is_embedded_with_a_unicode_map_on_every_page(tmp_path: Path) -> None:
    path = tmp_path / "report.pdf"
    path.write_bytes(render_unsigned(report_with("findings", "No lesion ≥ 4 mm. नमस्ते سلام\n" * 120)))

    listed = subprocess.run([require_tool("pdffonts"), str(path)], check=True, capture_output=True, text=True)

    assert listed.stderr == ""
    rows = listed.stdout.splitlines()[2:]
    assert {row.split("+")[1].split()[0] for row in rows} >= {"NotoSans-Regular", "NotoSansArabic-Regular"}
    for row in rows:
        assert row.split()[-5:-2] == ["yes", "yes", "yes"], row


def test_widths_in_the_file_are_the_fonts_own() -> None:
    with pikepdf.open(BytesIO(render_unsigned(REPORT))) as pdf:
        for font in pdf.pages[0].resources.Font.values():
            descendant = font.DescendantFonts[0]
            assert descendant.DW == 0
            assert all(0 <= int(width) <= 3000 for width in descendant.W[1])
            assert len(descendant.W[1]) * 2 + 2 == len(descendant.CIDToGIDMap.read_bytes())


def test_qpdf_finds_no_error(tmp_path: Path) -> None:
    path = tmp_path / "report.pdf"
    path.write_bytes(render_unsigned(REPORT))

    checked = subprocess.run([require_tool("qpdf"), "--check", str(path)], capture_output=True, text=True)

    assert (checked.returncode, checked.stderr) == (0, "")


def test_earlier_report_is_attached_byte_for_byte_as_source() -> None:
    content = replace(REPORT, status=ReportStatus.ADDENDUM, earlier_version=EARLIER)

    with pikepdf.open(BytesIO(render_unsigned(content))) as pdf:
        specification = pdf.Root.AF[0]
        assert specification.AFRelationship == pikepdf.Name.Source
        assert specification.EF.F.read_bytes() == EARLIER.pdf_bytes
        assert specification.EF.F.Subtype == pikepdf.Name("/application/pdf")
        assert pdf.attachments["earlier-report.pdf"].get_file().read_bytes() == EARLIER.pdf_bytes


def test_text_in_a_font_that_is_not_embedded_is_refused() -> None:
    output = BytesIO()
    canvas = Canvas(output, pagesize=A4)
    canvas.drawString(72, 72, "Helvetica")
    canvas.save()

    with pytest.raises(ArchiveRuleBroken, match="not embedded"):
        make_archive(output.getvalue(), created_at=SIGNED_AT, language="en")
