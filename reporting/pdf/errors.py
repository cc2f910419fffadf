"""What can stop a report from becoming a PDF."""

import unicodedata


class ReportPdfError(Exception):
    """Base of every error of reporting.pdf; permanent until the report's content or the product changes."""


class GlyphMissing(ReportPdfError):
    """A character has no glyph in the fonts kept with the product: signing is refused, no box is printed."""

    def __init__(self, *, character: str, section: str) -> None:
        self.character = character
        self.section = section
        code_points = " ".join(f"U+{ord(part):04X}" for part in character)
        name = unicodedata.name(character[0], "a control character")
        super().__init__(
            f"The section {section} holds {code_points} ({name}), which the report's fonts cannot print.\n"
            "Maybe it was pasted: Latin, Greek, Cyrillic, Arabic, Devanagari, Chinese, Japanese and Korean "
            "text is printed, and the usual symbols."
        )


class ContentIncomplete(ReportPdfError):
    """Something that a signed report must show is empty."""

    def __init__(self, *, missing: tuple[str, ...]) -> None:
        self.missing = missing
        super().__init__(f"The report cannot be signed without: {', '.join(missing)}.")


class NaiveInstant(ReportPdfError):
    """An instant without a time zone was given; a page shows no time whose zone is unknown."""

    def __init__(self, *, field: str) -> None:
        super().__init__(f"{field} carries no time zone.\nMaybe a datetime was made without tzinfo.")


class ArchiveRuleBroken(ReportPdfError):
    """The laid-out file breaks a rule of PDF/A-3b (ISO 19005-3) that the archive pass cannot mend."""


class SignatureDisagrees(ReportPdfError):
    """The signature to be made would say something else than the printed signature block."""


class BoxTooTall(ReportPdfError):
    """A box (patient, earlier version, communication, signature) holds more text than a page."""

    def __init__(self) -> None:
        super().__init__("A box of the report is taller than a page.\nMaybe a long text belongs into findings.")
