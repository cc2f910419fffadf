"""Whether a signed PDF is whole, unchanged and signed by someone we trust."""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from io import BytesIO

from asn1crypto import x509 as asn1_x509
from pyhanko.pdf_utils.misc import PdfError
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.fields import MDPPerm
from pyhanko.sign.validation import async_validate_pdf_signature
from pyhanko.sign.validation.errors import SignatureValidationError
from pyhanko.sign.validation.pdf_embedded import EmbeddedPdfSignature
from pyhanko.sign.validation.settings import KeyUsageConstraints
from pyhanko.sign.validation.status import PdfSignatureStatus, SignatureCoverageLevel
from pyhanko_certvalidator import ValidationContext

from reporting.signature.signing import SignatureLevel

# A report's certificate signs and commits to content; either usage is enough for a signature on a document.
SIGNER_KEY_USAGE = KeyUsageConstraints(
    key_usage={"digital_signature", "non_repudiation"}, match_all_key_usages=False, extd_key_usage=None
)


@dataclass(frozen=True, kw_only=True)
class ValidationResult:
    """The verdict; `reasons` says in words why a file is not valid."""

    valid: bool
    intact: bool
    whole_document: bool
    level: SignatureLevel | None
    signer: str
    signed_at: datetime | None
    reasons: tuple[str, ...]


def validate_signed_pdf(
    pdf_bytes: bytes,
    *,
    trust_roots: Iterable[asn1_x509.Certificate],
    revocation_lists: Iterable[bytes] = (),
    moment: datetime | None = None,
) -> ValidationResult:
    """Validate the one signature of a report; `moment` is when the certificate must be valid, now when None.

    Revocation lists (DER), when given, must cover every certificate of every chain in the file but the roots.

    What cannot be parsed is not valid; nothing is raised for a bad file. Calls asyncio.run.
    """
    try:
        signatures = PdfFileReader(BytesIO(pdf_bytes)).embedded_regular_signatures
        if len(signatures) != 1:
            return _refused(f"the file carries {len(signatures)} signatures, a report carries one")
        lists = list(revocation_lists)
        context = ValidationContext(
            trust_roots=list(trust_roots),
            crls=lists,
            allow_fetching=False,
            # Below "require", pyHanko looks at lists only for certificates that name a distribution point.
            revocation_mode="require" if lists else "soft-fail",
            moment=moment,
        )
        return _judge(signatures[0], asyncio.run(_validate(signatures[0], context)))
    except (PdfError, SignatureValidationError, ValueError, TypeError, KeyError, RecursionError) as error:
        # pyHanko parses hostile bytes: whatever they break in the parser means the same, not valid.
        return _refused(f"the file cannot be read as a signed PDF ({type(error).__name__})")


async def _validate(signature: EmbeddedPdfSignature, context: ValidationContext) -> PdfSignatureStatus:
    return await async_validate_pdf_signature(
        signature, signer_validation_context=context, key_usage_settings=SIGNER_KEY_USAGE
    )


def _refused(reason: str) -> ValidationResult:
    return ValidationResult(
        valid=False, intact=False, whole_document=False, level=None, signer="", signed_at=None, reasons=(reason,)
    )


def _judge(signature: EmbeddedPdfSignature, status: PdfSignatureStatus) -> ValidationResult:
    whole = status.coverage == SignatureCoverageLevel.ENTIRE_FILE
    intact = bool(status.intact and status.valid)
    checks = {
        "the signed bytes were changed": not status.intact,
        "the signature does not match the certificate": status.intact and not status.valid,
        "the certificate is revoked": status.revoked,
        "the certificate is not trusted or not valid at the time": intact and not status.trusted and not status.revoked,
        "the file was extended after signing": not whole,
        "a change after signing is not permitted": not status.docmdp_ok,
        "the signature does not certify the file against changes": signature.docmdp_level != MDPPerm.NO_CHANGES,
        "the timestamp does not validate": _timestamp_is_bad(status),
    }
    reasons = tuple(reason for reason, applies in checks.items() if applies)
    return ValidationResult(
        valid=not reasons and status.bottom_line,
        intact=intact,
        whole_document=whole,
        level=_level(signature, status),
        signer=status.signing_cert.subject.native.get("common_name", ""),
        signed_at=signature.self_reported_timestamp,
        reasons=reasons if reasons or status.bottom_line else ("the signature does not validate",),
    )


def _timestamp_is_bad(status: PdfSignatureStatus) -> bool:
    timestamp = status.timestamp_validity
    return timestamp is not None and not (timestamp.valid and timestamp.intact and timestamp.trusted)


def _level(signature: EmbeddedPdfSignature, status: PdfSignatureStatus) -> SignatureLevel:
    if status.timestamp_validity is None:
        return SignatureLevel.B_B
    return SignatureLevel.B_LT if "/DSS" in signature.reader.root else SignatureLevel.B_T
