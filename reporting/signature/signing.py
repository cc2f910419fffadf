"""One certifying PAdES signature on an archive file (ETSI EN 319 142-1), with pyHanko."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from hashlib import sha256
from io import BytesIO

from asn1crypto import x509 as asn1_x509
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.writer import BasePdfFileWriter
from pyhanko.sign import signers as pyhanko_signers
from pyhanko.sign.fields import MDPPerm, SigSeedSubFilter
from pyhanko.sign.general import SigningError
from pyhanko.sign.signers.pdf_signer import (
    DSSContentSettings,
    PdfSignatureMetadata,
    PdfSigner,
    PdfSigningSession,
    SigDSSPlacementPreference,
)
from pyhanko.sign.timestamps import TimeStamper
from pyhanko.sign.timestamps.common_utils import TimestampRequestError
from pyhanko_certvalidator import ValidationContext

from reporting.signature.errors import CertificateNotUsable, TimestampUnavailable
from reporting.signature.signer import Signer

FIELD_NAME = "Signature"
# Hexadecimal digits kept free for the CMS; a fixed number spares pyHanko's trial signature.
RESERVED_WITHOUT_TIMESTAMP = 12_288
RESERVED_WITH_TIMESTAMP = 32_768


class SignatureLevel(StrEnum):
    """Baseline levels of EN 319 142-1; B-B carries no proof of time but the signer's word, and is shown as such."""

    B_B = "B-B"
    B_T = "B-T"
    B_LT = "B-LT"


@dataclass(frozen=True, kw_only=True)
class SignedPdf:
    """The record: these bytes are what every channel delivers."""

    pdf_bytes: bytes = field(repr=False)
    sha256: str
    level: SignatureLevel


@dataclass(frozen=True, kw_only=True)
class TimestampPolicy:
    """Where proof of time comes from, whom to trust for it, and fresh revocation lists (DER) when at hand."""

    timestamper: TimeStamper
    trust_roots: tuple[asn1_x509.Certificate, ...] = ()
    other_certificates: tuple[asn1_x509.Certificate, ...] = ()
    revocation_lists: tuple[bytes, ...] = ()

    @property
    def level(self) -> SignatureLevel:
        return SignatureLevel.B_LT if self.revocation_lists else SignatureLevel.B_T


class UntouchedMetadataWriter(IncrementalPdfFileWriter):
    """A writer that leaves document information and XMP as the archive pass made them."""

    def _update_meta(self) -> None:
        return None


class ClockedPdfSigner(PdfSigner):
    """pyHanko's signer with /M given: the printed block says the same instant."""

    def __init__(self, *args: object, signed_at: datetime, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        self._signed_at = signed_at

    def init_signing_session(self, pdf_out: BasePdfFileWriter, existing_fields_only: bool = False) -> PdfSigningSession:
        session = super().init_signing_session(pdf_out, existing_fields_only)
        session.system_time = self._signed_at
        return session


def sign_pdf(
    unsigned: bytes,
    *,
    signer: Signer,
    reason: str,
    printed_name: str,
    signed_at: datetime,
    other_certs: Iterable[asn1_x509.Certificate] = (),
    timestamp_policy: TimestampPolicy | None = None,
) -> SignedPdf:
    """Return the file with one certifying signature that permits no change (DocMDP 1).

    /Name, /M and /Reason are the printed block's name, instant and meaning. Raises CertificateNotUsable,
    PrintedNameDiffers, TimestampUnavailable, TokenUnavailable. Calls asyncio.run: not from a running event loop.
    """
    signer.check_usable(printed_name=printed_name, signed_at=signed_at)
    metadata = PdfSignatureMetadata(
        field_name=FIELD_NAME,
        md_algorithm="sha256",
        name=printed_name,
        reason=reason,
        certify=True,
        docmdp_permissions=MDPPerm.NO_CHANGES,
        subfilter=SigSeedSubFilter.PADES,
        **_validation_settings(timestamp_policy, signed_at),
    )
    timestamper = timestamp_policy.timestamper if timestamp_policy else None
    with signer.open() as pyhanko_signer:
        pyhanko_signer.cert_registry.register_multiple([*signer.chain, *other_certs])
        pdf_signer = ClockedPdfSigner(metadata, pyhanko_signer, timestamper=timestamper, signed_at=signed_at)
        reserved = RESERVED_WITH_TIMESTAMP if timestamper else RESERVED_WITHOUT_TIMESTAMP
        signed = _run(pdf_signer, unsigned, reserved=reserved)
    level = timestamp_policy.level if timestamp_policy else SignatureLevel.B_B
    return SignedPdf(pdf_bytes=signed, sha256=sha256(signed).hexdigest(), level=level)


def _run(pdf_signer: pyhanko_signers.PdfSigner, unsigned: bytes, *, reserved: int) -> bytes:
    output = BytesIO()
    try:
        pdf_signer.sign_pdf(UntouchedMetadataWriter(BytesIO(unsigned)), bytes_reserved=reserved, output=output)
    except SigningError as error:
        raise CertificateNotUsable(f"The certificate cannot sign at this level: {error}.") from error
    except (TimestampRequestError, OSError) as error:
        raise TimestampUnavailable(
            f"The timestamp authority gave no token ({type(error).__name__}).\n"
            "Maybe it is unreachable: try again later."
        ) from error
    return output.getvalue()


def _validation_settings(policy: TimestampPolicy | None, signed_at: datetime) -> dict[str, object]:
    """Return what makes a B-LT in one revision: revocation data written before the signature covers the file."""
    if policy is None or not policy.revocation_lists:
        return {}
    context = ValidationContext(
        trust_roots=list(policy.trust_roots),
        other_certs=list(policy.other_certificates),
        crls=list(policy.revocation_lists),
        allow_fetching=False,
        revocation_mode="require",
        moment=signed_at,
    )
    placement = DSSContentSettings(include_vri=False, placement=SigDSSPlacementPreference.TOGETHER_WITH_SIGNATURE)
    return {"embed_validation_info": True, "validation_context": context, "dss_settings": placement}
