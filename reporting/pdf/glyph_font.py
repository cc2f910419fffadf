"""Embedded fonts addressed by glyph: Type 0 with Identity-H, so that shaped text extracts as its source.

reportlab's TTFont addresses characters; a shaped glyph has none. Here each pair of glyph and source text has a code of
its own (ISO 32000-1, 9.7.4), so ToUnicode is exact even where one glyph stands for different texts.
"""

import uharfbuzz
from reportlab.pdfbase import pdfdoc

from reporting.pdf.typefaces import Typeface

# A PDF reader places glyphs by number: what shapes text or names the font is left out.
DROPPED_TABLES = (
    "GSUB",
    "GPOS",
    "GDEF",
    "BASE",
    "MATH",
    "DSIG",
    "STAT",
    "VORG",
    "name",
    "kern",
    "gasp",
    "vhea",
    "vmtx",
)


class GlyphFont:
    """The part of one typeface that one document uses."""

    def __init__(self, typeface: Typeface, internal_name: str) -> None:
        self.typeface = typeface
        self.internal_name = internal_name
        self._codes: dict[tuple[int, str], int] = {}

    def code_for(self, glyph_id: int, source: str) -> int:
        """Return the two-byte code of a glyph that stands for `source`; codes count from 1 in order of use."""
        return self._codes.setdefault((glyph_id, source), len(self._codes) + 1)

    def addObjects(self, document: pdfdoc.PDFDocument) -> None:
        """Write the font's objects into the document, once everything is drawn."""
        font_file, new_glyph_ids = self._subset()
        name = f"{_subset_tag(self._codes)}+{self.typeface.name}"
        descendant = pdfdoc.PDFDictionary(
            {
                "Type": pdfdoc.PDFName("Font"),
                "Subtype": pdfdoc.PDFName("CIDFontType2"),
                "BaseFont": pdfdoc.PDFName(name),
                "CIDSystemInfo": pdfdoc.PDFDictionary(
                    {
                        "Registry": pdfdoc.PDFString("Adobe"),
                        "Ordering": pdfdoc.PDFString("Identity"),
                        "Supplement": 0,
                    }
                ),
                "FontDescriptor": document.Reference(self._descriptor(document, name, font_file)),
                "DW": 0,
                "W": pdfdoc.PDFArray([1, pdfdoc.PDFArray(self._widths())]),
                "CIDToGIDMap": document.Reference(_stream(self._glyph_map(new_glyph_ids))),
            }
        )
        font = pdfdoc.PDFDictionary(
            {
                "Type": pdfdoc.PDFName("Font"),
                "Subtype": pdfdoc.PDFName("Type0"),
                "BaseFont": pdfdoc.PDFName(name),
                "Encoding": pdfdoc.PDFName("Identity-H"),
                "DescendantFonts": pdfdoc.PDFArray([document.Reference(descendant)]),
                "ToUnicode": document.Reference(_stream(self._to_unicode())),
            }
        )
        document.idToObject["BasicFonts"].dict[self.internal_name] = document.Reference(font)

    def _subset(self) -> tuple[bytes, dict[int, int]]:
        request = uharfbuzz.SubsetInput()
        request.glyph_set.update({glyph_id for glyph_id, _ in self._codes})
        request.drop_table_tag_set.update({int.from_bytes(tag.encode("ascii"), "big") for tag in DROPPED_TABLES})
        request.flags = uharfbuzz.SubsetFlags.NO_LAYOUT_CLOSURE | uharfbuzz.SubsetFlags.NOTDEF_OUTLINE
        plan = uharfbuzz.SubsetPlan(self.typeface.face, request)
        return bytes(plan.execute().blob.data), dict(plan.old_to_new_glyph_mapping)

    def _descriptor(self, document: pdfdoc.PDFDocument, name: str, font_file: bytes) -> pdfdoc.PDFDictionary:
        scale = 1000 / self.typeface.units_per_em
        extents = self.typeface.font.get_font_extents("ltr")
        symbolic = 4
        return pdfdoc.PDFDictionary(
            {
                "Type": pdfdoc.PDFName("FontDescriptor"),
                "FontName": pdfdoc.PDFName(name),
                "Flags": symbolic,
                "FontBBox": pdfdoc.PDFArray(
                    [-1000, round(extents.descender * scale), 3000, round(extents.ascender * scale)]
                ),
                "ItalicAngle": 0,
                "Ascent": round(extents.ascender * scale),
                "Descent": round(extents.descender * scale),
                "CapHeight": 714,
                "StemV": 150 if self.typeface.name.endswith("Bold") else 80,
                "FontFile2": document.Reference(_stream(font_file, Length1=len(font_file))),
            }
        )

    def _widths(self) -> list[int]:
        return [self.typeface.width_of(glyph_id) for glyph_id, _ in self._codes]

    def _glyph_map(self, new_glyph_ids: dict[int, int]) -> bytes:
        entries = [0, *(new_glyph_ids[glyph_id] for glyph_id, _ in self._codes)]
        return b"".join(entry.to_bytes(2, "big") for entry in entries)

    def _to_unicode(self) -> bytes:
        lines = [
            f"<{code:04X}> <{source.encode('utf-16-be').hex().upper()}>"
            for (_, source), code in self._codes.items()
            if source
        ]
        blocks = [lines[start : start + 100] for start in range(0, len(lines), 100)]
        body = "\n".join(f"{len(block)} beginbfchar\n" + "\n".join(block) + "\nendbfchar" for block in blocks)
        return _TO_UNICODE.format(body=body).encode("ascii")


_TO_UNICODE = """/CIDInit /ProcSet findresource begin
12 dict begin
begincmap
/CIDSystemInfo << /Registry (Adobe) /Ordering (UCS) /Supplement 0 >> def
/CMapName /Adobe-Identity-UCS def
/CMapType 2 def
1 begincodespacerange
<0000> <FFFF>
endcodespacerange
{body}
endcmap
CMapName currentdict /CMap defineresource pop
end
end
"""


def _subset_tag(codes: dict[tuple[int, str], int]) -> str:
    """Return the six letters that mark a subset (ISO 32000-1, 9.6.4), the same for the same glyphs."""
    number = 0
    for glyph_id, _ in codes:
        number = (number * 131 + glyph_id + 1) % 26**6
    return "".join(chr(ord("A") + number // 26**place % 26) for place in range(6))


def _stream(content: bytes, **entries: int) -> pdfdoc.PDFStream:
    stream = pdfdoc.PDFStream(content=content)
    for key, value in entries.items():
        stream.dictionary.dict[key] = value
    stream.filters = [pdfdoc.PDFZCompress]
    return stream
