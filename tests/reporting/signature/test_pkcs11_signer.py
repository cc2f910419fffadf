"""Signing with a key that never leaves its token (SoftHSM)."""

import os
import subprocess
from pathlib import Path

import pkcs11
import pytest

from reporting.pdf.produce import render_and_sign
from reporting.signature.authority import certify_public_key
from reporting.signature.errors import TokenUnavailable
from reporting.signature.pkcs11_signer import Pkcs11Signer, make_token_key, open_token
from reporting.signature.validation import validate_signed_pdf
from tests.reporting.pdf.samples import ISSUED_AT, REPORT, SIGNED_AT, SIGNER_NAME, network
from tests.tools import require_tool

MODULE_PATHS = ("/usr/lib/softhsm/libsofthsm2.so", "/usr/lib64/pkcs11/libsofthsm2.so")
LABEL, PIN = "meridian-tests", "48251"


@pytest.fixture(scope="module")
def module_path(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A SoftHSM token of this run's own; the library reads its configuration when first loaded."""
    program = require_tool("softhsm2-util")
    folder = tmp_path_factory.mktemp("softhsm")
    (folder / "tokens").mkdir()
    (folder / "softhsm2.conf").write_text(f"directories.tokendir = {folder}/tokens\nlog.level = ERROR\n")
    os.environ["SOFTHSM2_CONF"] = str(folder / "softhsm2.conf")
    command = [program, "--init-token", "--free", "--label", LABEL, "--pin", PIN, "--so-pin", "48252"]
    subprocess.run(command, check=True, capture_output=True)
    return next(path for path in MODULE_PATHS if Path(path).exists())


def _signer(module_path: str, *, key_label: str, pin: str = PIN) -> Pkcs11Signer:
    public_key = make_token_key(module_path=module_path, token_label=LABEL, pin=PIN, key_label=key_label)
    issued = certify_public_key(
        network().authority,
        public_key=public_key,
        common_name=SIGNER_NAME,
        protector=network().protector,
        now=ISSUED_AT,
    )
    assert issued.encrypted_private_key == b""
    return Pkcs11Signer(
        certificate_pem=issued.certificate_pem,
        chain_pem=issued.chain_pem,
        module_path=module_path,
        token_label=LABEL,
        key_label=key_label,
        pin_of_token=lambda: pin,
    )


def test_token_signs_a_report_that_validates(module_path: str) -> None:
    signed = render_and_sign(REPORT, signer=_signer(module_path, key_label="first"), trust_roots=network().trust_roots)

    assert validate_signed_pdf(signed.pdf_bytes, trust_roots=network().trust_roots, moment=SIGNED_AT).valid


def test_private_key_cannot_be_read_from_the_token(module_path: str) -> None:
    make_token_key(module_path=module_path, token_label=LABEL, pin=PIN, key_label="kept")

    with open_token(module_path=module_path, token_label=LABEL, pin=PIN) as session:
        key = session.get_key(object_class=pkcs11.ObjectClass.PRIVATE_KEY, label="kept")
        assert key[pkcs11.Attribute.EXTRACTABLE] is False
        with pytest.raises(pkcs11.AttributeSensitive):
            key[pkcs11.Attribute.VALUE]


def test_wrong_pin_is_an_error_that_does_not_repeat_it(module_path: str) -> None:
    signer = _signer(module_path, key_label="locked", pin="99999")

    with pytest.raises(TokenUnavailable) as caught:
        render_and_sign(REPORT, signer=signer, trust_roots=network().trust_roots)

    assert "99999" not in str(caught.value)


def test_unknown_token_is_named(module_path: str) -> None:
    with (
        pytest.raises(TokenUnavailable, match="no-such-token"),
        open_token(module_path=module_path, token_label="no-such-token", pin=PIN),
    ):
        pass
