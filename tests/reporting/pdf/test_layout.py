"""What the pages show, read back by poppler and zxing."""

import subprocess
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest
import zxingcpp
from PIL import Image

from reporting.pdf.content import CriticalCommunication, EarlierVersion, ReportContent, ReportStatus, Section
from reporting.pdf.errors import BoxTooTall, ContentIncomplete, GlyphMissing, NaiveInstant
from reporting.pdf.produce import render_unsigned
from tests.reporting.pdf.samples import BERLIN, CODE, PATIENT_NAME, REPORT, SIGNED_AT, report_with
from tests.tools import require_tool


def _text_of_pages(content: ReportContent, folder: Path, mode: str = "-layout") -> list[str]:
    path = folder / "report.pdf"
    path.write_bytes(render_unsigned(content))
    command = [require_tool("pdftotext"), mode, str(path), "-"]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.split("\f")[:-1]


def test_first_page_shows_what_the_communication_guideline_asks(tmp_path: Path) -> None:
    page = " ".join(_text_of_pages(REPORT, tmp_path)[0].split())

    for expected in (
        "Northgate General Hospital",
        PATIENT_NAME,
        "NG-0042817 (NORTHGATE)",
        "3 May 1961",
        "Female",
        "ACC-2026-118842",
        "Dr. Ioannis Παπαδόπουλος",
        "CT chest with intravenous contrast",
        "3 March 2026, 14:05 CET (UTC+01:00)",
        "Meridian Reading Centre, Lisbon",
        "18 × 14 mm in the right upper lobe. No other nodule ≥ 4 mm.",
        "Dr. Marta Oliveira 3 March 2026, 16:40:09 CET (UTC+01:00)",
        "I am the author of this report and approve it as final",
        f"Verification code: {CODE}",
    ):
        assert expected in page


@pytest.mark.parametrize("status", list(ReportStatus))
def test_every_page_names_facility_patient_accession_status_and_its_number(
    tmp_path: Path, status: ReportStatus
) -> None:
    earlier = EarlierVersion(signed_at=SIGNED_AT, signer="Dr. A", sha256="0" * 64, pdf_bytes=b"%PDF-1.7\n")
    many_lines = "\n".join(f"{number}. No focal lesion of the liver." for number in range(1, 121))
    content = replace(report_with("findings", many_lines), status=status, earlier_version=earlier)

    pages = _text_of_pages(content, tmp_path)

    assert len(pages) >= 3
    for number, page in enumerate(pages, start=1):
        assert f"Page {number} of {len(pages)}" in page
        for expected in ("Northgate General Hospital", PATIENT_NAME, "NG-0042817", "ACC-2026-118842", status.value):
            assert expected in page


def test_sections_stand_in_the_order_of_the_guideline_whatever_order_they_come_in(tmp_path: Path) -> None:
    content = replace(REPORT, sections=dict(reversed(REPORT.sections.items())))

    page = _text_of_pages(content, tmp_path)[0]

    places = [page.index(f"\n{section.value.capitalize()}\n") for section in Section]
    assert places == sorted(places)


def test_qr_code_leads_to_the_verification_page_and_carries_no_patient(tmp_path: Path) -> None:
    (tmp_path / "report.pdf").write_bytes(render_unsigned(REPORT))
    command = [require_tool("pdftoppm"), "-r", "150", "-png", str(tmp_path / "report.pdf"), str(tmp_path / "page")]
    subprocess.run(command, check=True)
    with Image.open(next(tmp_path.glob("page-*.png"))) as page:
        codes = zxingcpp.read_barcodes(page)

    assert [code.text for code in codes] == [REPORT.verification.url]


def test_missing_glyph_blocks_the_report_naming_character_and_section() -> None:
    with pytest.raises(GlyphMissing, match=r"impression holds U\+0E01 \(THAI CHARACTER KO KAI\)") as caught:
        render_unsigned(report_with("impression", "Normal ก"))

    assert (caught.value.character, caught.value.section) == ("ก", "impression")


@pytest.mark.parametrize(
    ("section", "content"),
    [
        ("facility", replace(REPORT, facility=replace(REPORT.facility, name="โรงพยาบาล"))),
        ("patient name", replace(REPORT, patient=replace(REPORT.patient, name="தமிழ்"))),
        ("printed name", replace(REPORT, signature_block=replace(REPORT.signature_block, printed_name="😀"))),
        ("findings", report_with("findings", "bell \a")),
        ("findings", report_with("findings", "override \u202e")),
    ],
)
def test_every_place_of_a_page_refuses_what_it_cannot_print(section: str, content: ReportContent) -> None:
    with pytest.raises(GlyphMissing) as caught:
        render_unsigned(content)

    assert caught.value.section == section


def test_symbols_of_everyday_reports_are_printed(tmp_path: Path) -> None:
    symbols = "≥ ≤ ≈ ± × ÷ ° µ → ↑ ↓ ½ ² ³ √ ∅ ♀ ♂ ✓ ● − ‰ € α β γ Ж ž ł"

    page = _text_of_pages(report_with("findings", symbols), tmp_path, "-raw")[0]

    assert symbols in page


def test_devanagari_extracts_as_it_was_written(tmp_path: Path) -> None:
    text = "दाहिने फेफड़े में गांठ, क्षयरोग की आशंका।"

    page = _text_of_pages(report_with("findings", text), tmp_path)[0]

    assert text in page


def test_arabic_letters_are_joined_and_extract_as_letters_not_shapes(tmp_path: Path) -> None:
    page = _text_of_pages(report_with("findings", "نتيجة طبيعية"), tmp_path)[0]

    assert "نتيجة طبيعية" in page


def test_number_stays_on_the_line_of_its_unit(tmp_path: Path) -> None:
    lines = []
    for length in range(60, 100):
        page = _text_of_pages(report_with("findings", "x" * 3 + " y" * (length // 2) + " 6 mm wide"), tmp_path)[0]
        lines += [line.strip() for line in page.splitlines()]

    assert any(line.endswith("y") for line in lines)
    assert not any(line.endswith(" 6") or line.startswith("mm") for line in lines)


def test_word_wider_than_the_page_is_broken_and_nothing_is_lost(tmp_path: Path) -> None:
    word = "".join(f"{number:04d}" for number in range(80))

    page = _text_of_pages(report_with("findings", word), tmp_path)[0]

    assert word in page.replace("\n", "").replace(" ", "")


def test_addendum_names_the_earlier_version_on_its_first_page(tmp_path: Path) -> None:
    earlier = EarlierVersion(signed_at=SIGNED_AT, signer="Dr. Ada Earlier", sha256="ab" * 32, pdf_bytes=b"%PDF-1.7\n")

    page = _text_of_pages(replace(REPORT, status=ReportStatus.ADDENDUM, earlier_version=earlier), tmp_path)[0]

    assert "Addendum to an earlier report" in page
    for expected in ("Dr. Ada Earlier", "3 March 2026, 16:40:09 CET (UTC+01:00)", "ab" * 32):
        assert expected in page


def test_non_routine_communication_is_documented_with_its_six_facts(tmp_path: Path) -> None:
    communication = CriticalCommunication(
        what="Tension pneumothorax",
        to_whom="Dr. Roe",
        by_whom="Dr. Oliveira",
        communicated_at=datetime(2026, 3, 3, 16, 20, tzinfo=BERLIN),
        how="by telephone",
        read_back=True,
    )

    page = _text_of_pages(replace(REPORT, critical_communication=communication), tmp_path)[0]

    for expected in ("Tension pneumothorax", "Dr. Roe", "Dr. Oliveira", "16:20 CET", "by telephone", "yes"):
        assert expected in page


def test_empty_mandatory_section_and_missing_earlier_version_are_refused_by_name() -> None:
    with pytest.raises(ContentIncomplete, match="impression"):
        render_unsigned(report_with("impression", "  \n"))
    with pytest.raises(ContentIncomplete, match="earlier version"):
        render_unsigned(replace(REPORT, status=ReportStatus.CORRECTED))


def test_instant_without_zone_is_refused() -> None:
    block = replace(REPORT.signature_block, signed_at=SIGNED_AT.replace(tzinfo=None))

    with pytest.raises(NaiveInstant, match="signed_at"):
        render_unsigned(replace(REPORT, signature_block=block))


def test_box_taller_than_a_page_is_an_error_with_a_name() -> None:
    with pytest.raises(BoxTooTall):
        render_unsigned(replace(REPORT, referring_physician="Dr. Long " * 2000))


@pytest.mark.parametrize(
    ("language", "text", "typeface"),
    [
        ("ja", "右肺上葉に結節を認める。髙﨑さん、胸水なし。", "NotoSansJP-Regular"),
        ("ko", "우상엽에 결절이 있습니다. 흉수는 없습니다.", "NotoSansKR-Regular"),
        ("zh", "右肺上叶可见结节，无胸腔积液。", "NotoSansSC-Regular"),
        ("zh", "右肺上葉可見結節，無胸腔積液。", "NotoSansSC-Regular"),
    ],
)
def test_east_asian_text_is_printed_in_the_shapes_of_the_reports_language(
    tmp_path: Path, language: str, text: str, typeface: str
) -> None:
    page = _text_of_pages(replace(report_with("findings", text), language=language), tmp_path)[0]

    assert text in page
    fonts = subprocess.run([require_tool("pdffonts"), str(tmp_path / "report.pdf")], capture_output=True, text=True)
    assert [family for family in ("JP", "KR", "SC") if f"NotoSans{family}" in fonts.stdout] == [typeface[8:10]]


def test_chinese_paragraph_is_broken_without_spaces_and_no_line_begins_with_a_closing_mark(tmp_path: Path) -> None:
    sentence = "右肺上叶可见结节，大小约十八毫米；无胸腔积液。"

    page = _text_of_pages(replace(report_with("findings", sentence * 12), language="zh"), tmp_path)[0]

    lines = page[page.index("Findings") : page.index("Impression")].split("\n")[1:]
    lines = [line.strip() for line in lines if line.strip()]
    assert len(lines) > 3
    assert "".join(lines) == sentence * 12
    assert not any(line[0] in "，；。" for line in lines)
