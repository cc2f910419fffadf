"""One certifying PAdES signature: what it says, who may make it, and that nobody can change the file unseen."""

import re
import subprocess
from dataclasses import replace
from datetime import datetime, timedelta
from io import BytesIO
from pathlib import Path

import pikepdf
import pytest
from pyhanko.pdf_utils.generic import NameObject, TextStringObject
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter

from reporting.pdf.content import AUTHOR_MEANING, EarlierVersion, ReportStatus
from reporting.pdf.produce import render_and_sign, render_unsigned
from reporting.signature.authority import issue_certificate, make_authority, make_revocation_lists
from reporting.signature.errors import (
    CertificateExpired,
    CertificateNotYetValid,
    CertificateRevoked,
    PrintedNameDiffers,
    SignedPdfNotValid,
)
from reporting.signature.signer import read_certificates
from reporting.signature.signing import SignatureLevel, sign_pdf
from reporting.signature.validation import ValidationResult, validate_signed_pdf
from tests.reporting.pdf.samples import ISSUED_AT, PATIENT_NAME, REPORT, SIGNED_AT, SIGNER_NAME, network
from tests.tools import require_tool


def _signed() -> bytes:
    return render_and_sign(REPORT, signer=network().signer(), trust_roots=network().trust_roots).pdf_bytes


def _validate(pdf_bytes: bytes) -> ValidationResult:
    return validate_signed_pdf(pdf_bytes, trust_roots=network().trust_roots, moment=SIGNED_AT)


def _pdfsig(pdf_bytes: bytes, folder: Path) -> str:
    path = folder / "signed.pdf"
    path.write_bytes(pdf_bytes)
    command = [require_tool("pdfsig"), "-nocert", str(path)]
    return subprocess.run(command, capture_output=True, text=True).stdout


def _byte_range(pdf_bytes: bytes) -> list[int]:
    return [int(number) for number in re.search(rb"/ByteRange \[([\d ]+)\]", pdf_bytes).group(1).split()]


def test_both_validators_call_the_signed_report_valid_and_whole(tmp_path: Path) -> None:
    signed = render_and_sign(REPORT, signer=network().signer(), trust_roots=network().trust_roots)

    result = _validate(signed.pdf_bytes)
    assert (result.valid, result.intact, result.whole_document, result.reasons) == (True, True, True, ())
    assert (result.signer, result.signed_at, result.level) == (SIGNER_NAME, SIGNED_AT, SignatureLevel.B_B)
    assert signed.level == SignatureLevel.B_B
    told = _pdfsig(signed.pdf_bytes, tmp_path)
    assert "Signature is Valid." in told
    assert "Total document signed" in told
    assert "ETSI.CAdES.detached" in told
    assert "SHA-256" in told


def test_signature_says_the_same_name_time_and_meaning_as_the_printed_block() -> None:
    with pikepdf.open(BytesIO(_signed())) as pdf:
        signature = pdf.Root.AcroForm.Fields[0].V
        assert str(signature.Name) == SIGNER_NAME
        assert str(signature.M) == "D:20260303164009+01'00'"
        assert str(signature.Reason) == AUTHOR_MEANING
        assert signature.SubFilter == pikepdf.Name("/ETSI.CAdES.detached")
        assert signature.Reference[0].TransformParams.P == 1


def test_signing_appends_and_leaves_the_archive_file_and_its_metadata_untouched() -> None:
    unsigned, signed = render_unsigned(REPORT), _signed()

    assert signed.startswith(unsigned)
    with pikepdf.open(BytesIO(unsigned)) as before, pikepdf.open(BytesIO(signed)) as after:
        assert before.Root.Metadata.read_bytes() == after.Root.Metadata.read_bytes()
        assert dict(before.docinfo.items()) == dict(after.docinfo.items())


def test_no_part_of_the_signature_names_the_patient() -> None:
    appended = _signed()[len(render_unsigned(REPORT)) :]

    for encoding in ("utf-8", "latin-1", "utf-16-be"):
        assert PATIENT_NAME.split(",")[0].encode(encoding) not in appended


@pytest.mark.parametrize("place", [0.05, 0.3, 0.6, 0.9])
def test_one_flipped_byte_is_found_by_both_validators(tmp_path: Path, place: float) -> None:
    changed = bytearray(_signed())
    changed[int(_byte_range(bytes(changed))[1] * place)] ^= 0x01

    assert not _validate(bytes(changed)).valid
    assert "Signature is Valid." not in _pdfsig(bytes(changed), tmp_path)


def test_appended_revision_is_found() -> None:
    writer = IncrementalPdfFileWriter(BytesIO(_signed()))
    writer.root[NameObject("/Lang")] = TextStringObject("xx")
    writer.update_root()
    output = BytesIO()
    writer.write(output)

    result = _validate(output.getvalue())

    assert not result.valid
    assert result.intact
    assert not result.whole_document
    assert "the file was extended after signing" in result.reasons


@pytest.mark.parametrize("content", [b"", b"%PDF-1.7\n%%EOF", bytes(range(256)) * 8])
def test_what_is_no_signed_pdf_is_not_valid_and_raises_nothing(content: bytes) -> None:
    assert not _validate(content).valid


def test_unsigned_report_is_not_valid() -> None:
    assert _validate(render_unsigned(REPORT)).reasons == ("the file carries 0 signatures, a report carries one",)


def test_every_truncation_is_not_valid() -> None:
    signed = _signed()

    for cut in range(1, 20):
        assert not _validate(signed[: len(signed) * cut // 20]).valid


def test_second_signature_is_refused() -> None:
    with pytest.raises(Exception, match=r"(?i)certif|not allowed|permit|field"):
        sign_pdf(_signed(), signer=network().signer(), reason="again", printed_name=SIGNER_NAME, signed_at=SIGNED_AT)


def test_openssl_verifies_the_cms_with_its_signing_certificate(tmp_path: Path) -> None:
    signed = _signed()
    start, length, after, rest = _byte_range(signed)
    with pikepdf.open(BytesIO(signed)) as pdf:
        (tmp_path / "signature.der").write_bytes(bytes(pdf.Root.AcroForm.Fields[0].V.Contents))
    (tmp_path / "content").write_bytes(signed[start : start + length] + signed[after : after + rest])
    (tmp_path / "root.pem").write_bytes(network().authority.root_pem)

    command = [require_tool("openssl"), "cms", "-verify", "-cades", "-binary", "-inform", "DER"]
    command += ["-in", "signature.der", "-content", "content", "-CAfile", "root.pem", "-out", "/dev/null"]
    command += ["-attime", str(int(SIGNED_AT.timestamp()))]
    verified = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)

    assert verified.returncode == 0, verified.stderr
    assert "successful" in verified.stderr


@pytest.mark.parametrize(
    ("instant", "error"),
    [
        (ISSUED_AT - timedelta(days=1), CertificateNotYetValid),
        (ISSUED_AT + timedelta(days=731), CertificateExpired),
    ],
)
def test_certificate_signs_only_while_it_is_valid(instant: datetime, error: type[Exception]) -> None:
    content = replace(REPORT, signature_block=replace(REPORT.signature_block, signed_at=instant))

    with pytest.raises(error, match=network().issued.serial_number):
        render_and_sign(content, signer=network().signer(), trust_roots=network().trust_roots)


def test_revoked_certificate_cannot_sign() -> None:
    with pytest.raises(CertificateRevoked):
        render_and_sign(REPORT, signer=network().signer(revoked_at=ISSUED_AT), trust_roots=network().trust_roots)


def test_revocation_list_makes_a_signature_invalid() -> None:
    lists = make_revocation_lists(
        network().authority,
        revoked=[(network().issued.serial_number, ISSUED_AT)],
        protector=network().protector,
        now=SIGNED_AT,
    )

    with pytest.raises(SignedPdfNotValid, match="revoked"):
        render_and_sign(REPORT, signer=network().signer(), trust_roots=network().trust_roots, revocation_lists=lists)


def test_certificate_of_another_name_cannot_sign() -> None:
    other = issue_certificate(
        network().authority, common_name="Dr. Other", protector=network().protector, now=ISSUED_AT
    )
    signer = network().signer(certificate_pem=other.certificate_pem, encrypted_private_key=other.encrypted_private_key)

    with pytest.raises(PrintedNameDiffers):
        render_and_sign(REPORT, signer=signer, trust_roots=network().trust_roots)


def test_report_under_a_root_that_is_not_configured_is_not_released() -> None:
    stranger = make_authority(protector=network().protector, now=ISSUED_AT)

    with pytest.raises(SignedPdfNotValid, match="not trusted"):
        render_and_sign(REPORT, signer=network().signer(), trust_roots=read_certificates(stranger.root_pem))


def test_key_that_does_not_belong_to_the_certificate_is_not_released() -> None:
    other = issue_certificate(
        network().authority, common_name=SIGNER_NAME, protector=network().protector, now=ISSUED_AT
    )

    with pytest.raises(SignedPdfNotValid):
        render_and_sign(
            REPORT,
            signer=network().signer(encrypted_private_key=other.encrypted_private_key),
            trust_roots=network().trust_roots,
        )


def test_addendum_embeds_the_earlier_signed_report_exactly_and_both_stay_valid() -> None:
    first = render_and_sign(REPORT, signer=network().signer(), trust_roots=network().trust_roots)
    earlier = EarlierVersion(signed_at=SIGNED_AT, signer=SIGNER_NAME, sha256=first.sha256, pdf_bytes=first.pdf_bytes)
    addendum = replace(REPORT, status=ReportStatus.ADDENDUM, earlier_version=earlier)

    second = render_and_sign(addendum, signer=network().signer(), trust_roots=network().trust_roots)

    with pikepdf.open(BytesIO(second.pdf_bytes)) as pdf:
        embedded = pdf.attachments["earlier-report.pdf"].get_file().read_bytes()
    assert embedded == first.pdf_bytes
    assert _validate(embedded).valid
    assert _validate(second.pdf_bytes).valid
