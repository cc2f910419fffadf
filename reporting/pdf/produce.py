"""From a report's content to the signed bytes that are its record: layout, archive pass, signature, check."""

from collections.abc import Iterable
from datetime import datetime

from asn1crypto import x509 as asn1_x509

from reporting.pdf.archive_pass import AttachedFile, make_archive
from reporting.pdf.content import ReportContent, check_complete
from reporting.pdf.layout import lay_out
from reporting.signature.errors import SignedPdfNotValid
from reporting.signature.signer import Signer
from reporting.signature.signing import SignedPdf, TimestampPolicy, sign_pdf
from reporting.signature.validation import validate_signed_pdf


def render_unsigned(content: ReportContent) -> bytes:
    """Return the report as PDF/A-3b without signature, the same bytes for the same content.

    Raises ContentIncomplete, NaiveInstant, GlyphMissing, BoxTooTall, ArchiveRuleBroken.
    """
    check_complete(content)
    earlier = content.earlier_version
    attached = AttachedFile(pdf_bytes=earlier.pdf_bytes, modified_at=earlier.signed_at) if earlier else None
    return make_archive(
        lay_out(content), created_at=content.signature_block.signed_at, language=content.language, earlier=attached
    )


def render_and_sign(
    content: ReportContent,
    *,
    signer: Signer,
    trust_roots: Iterable[asn1_x509.Certificate],
    timestamp_policy: TimestampPolicy | None = None,
    revocation_lists: Iterable[bytes] = (),
    moment: datetime | None = None,
) -> SignedPdf:
    """Return the signed report; what does not validate against the roots is not released (SignedPdfNotValid).

    `moment` is when certificates are checked to be valid: by default the signing time, which the block prints.
    """
    block = content.signature_block
    signed = sign_pdf(
        render_unsigned(content),
        signer=signer,
        reason=block.meaning,
        printed_name=block.printed_name,
        signed_at=block.signed_at,
        timestamp_policy=timestamp_policy,
    )
    result = validate_signed_pdf(
        signed.pdf_bytes,
        trust_roots=trust_roots,
        revocation_lists=revocation_lists,
        moment=moment or block.signed_at,
    )
    if not result.valid:
        raise SignedPdfNotValid(reasons=result.reasons)
    return signed
