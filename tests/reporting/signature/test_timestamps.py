"""Levels above B-B: an in-process authority for time, revocation data in the file, an authority out of reach."""

import subprocess
from io import BytesIO
from pathlib import Path

import pikepdf
import pytest
from asn1crypto import cms, keys, x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from pyhanko.sign.timestamps.dummy_client import DummyTimeStamper

from reporting.pdf.produce import render_and_sign
from reporting.signature.authority import certify_timestamp_key, make_revocation_lists
from reporting.signature.errors import CertificateNotUsable, TimestampUnavailable
from reporting.signature.signing import SignatureLevel, TimestampPolicy
from reporting.signature.timestamping import http_timestamp_policy
from reporting.signature.validation import validate_signed_pdf
from tests.reporting.pdf.samples import ISSUED_AT, REPORT, SIGNED_AT, network
from tests.tools import require_tool


def _policy(*, revocation_lists: tuple[bytes, ...] = ()) -> TimestampPolicy:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    certificate = certify_timestamp_key(
        network().authority, public_key=key.public_key(), protector=network().protector, now=ISSUED_AT
    )
    plain = key.private_bytes(
        serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    chain = tuple(network().signer().chain)
    timestamper = DummyTimeStamper(
        tsa_cert=x509.Certificate.load(certificate.public_bytes(serialization.Encoding.DER)),
        tsa_key=keys.PrivateKeyInfo.load(plain),
        certs_to_embed=chain,
        fixed_dt=SIGNED_AT,
    )
    return TimestampPolicy(
        timestamper=timestamper,
        trust_roots=network().trust_roots,
        other_certificates=chain,
        revocation_lists=revocation_lists,
    )


def _lists(*revoked: str) -> tuple[bytes, ...]:
    return make_revocation_lists(
        network().authority,
        revoked=[(serial_number, ISSUED_AT) for serial_number in revoked],
        protector=network().protector,
        now=SIGNED_AT,
    )


def test_timestamp_raises_the_level_to_b_t() -> None:
    signed = render_and_sign(
        REPORT,
        signer=network().signer(),
        trust_roots=network().trust_roots,
        timestamp_policy=_policy(),
        moment=SIGNED_AT,
    )

    result = validate_signed_pdf(signed.pdf_bytes, trust_roots=network().trust_roots, moment=SIGNED_AT)
    assert (signed.level, result.level, result.valid) == (SignatureLevel.B_T, SignatureLevel.B_T, True)


def test_revocation_data_in_the_file_raises_the_level_to_b_lt_in_one_revision(tmp_path: Path) -> None:
    signed = render_and_sign(
        REPORT,
        signer=network().signer(),
        trust_roots=network().trust_roots,
        timestamp_policy=_policy(revocation_lists=_lists()),
        moment=SIGNED_AT,
    )

    result = validate_signed_pdf(signed.pdf_bytes, trust_roots=network().trust_roots, moment=SIGNED_AT)
    assert (signed.level, result.level, result.valid) == (SignatureLevel.B_LT, SignatureLevel.B_LT, True)
    assert result.whole_document
    (tmp_path / "signed.pdf").write_bytes(signed.pdf_bytes)
    told = subprocess.run([require_tool("pdfsig"), "-nocert", str(tmp_path / "signed.pdf")], capture_output=True)
    assert b"Total document signed" in told.stdout


def test_certificate_on_the_revocation_list_cannot_sign() -> None:
    with pytest.raises(CertificateNotUsable, match="level"):
        render_and_sign(
            REPORT,
            signer=network().signer(),
            trust_roots=network().trust_roots,
            timestamp_policy=_policy(revocation_lists=_lists(network().issued.serial_number)),
            moment=SIGNED_AT,
        )


def test_authority_out_of_reach_is_an_error_and_no_lower_level() -> None:
    policy = http_timestamp_policy("http://127.0.0.1:9/", trust_roots=network().trust_roots)

    with pytest.raises(TimestampUnavailable, match="Maybe"):
        render_and_sign(REPORT, signer=network().signer(), trust_roots=network().trust_roots, timestamp_policy=policy)


def test_openssl_verifies_the_timestamp_token_over_the_signature_value(tmp_path: Path) -> None:
    signed = render_and_sign(
        REPORT,
        signer=network().signer(),
        trust_roots=network().trust_roots,
        timestamp_policy=_policy(),
        moment=SIGNED_AT,
    )
    with pikepdf.open(BytesIO(signed.pdf_bytes)) as pdf:
        signature = cms.ContentInfo.load(bytes(pdf.Root.AcroForm.Fields[0].V.Contents), strict=False)
    signer_info = signature["content"]["signer_infos"][0]
    (attribute,) = signer_info["unsigned_attrs"]
    (tmp_path / "token.der").write_bytes(attribute["values"][0].dump())
    (tmp_path / "value").write_bytes(signer_info["signature"].native)
    (tmp_path / "root.pem").write_bytes(network().authority.root_pem)
    (tmp_path / "signers.pem").write_bytes(network().authority.intermediate_pem)

    command = [require_tool("openssl"), "ts", "-verify", "-token_in", "-in", "token.der", "-data", "value"]
    command += ["-CAfile", "root.pem", "-untrusted", "signers.pem", "-attime", str(int(SIGNED_AT.timestamp()))]
    verified = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)

    assert "Verification: OK" in verified.stdout + verified.stderr
