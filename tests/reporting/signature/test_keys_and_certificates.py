"""Keys at rest, the secret that protects them, and the demonstration's authority."""

import stat
import threading
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec

from reporting.signature.authority import issue_certificate, make_revocation_lists, open_demonstration_authority
from reporting.signature.errors import CommonNameUnusable, PrivateKeyUnreadable, SigningSecretMissing
from reporting.signature.key_protection import SECRET_VARIABLE, KeyProtector, open_key_protector
from tests.reporting.pdf.samples import ISSUED_AT, SIGNER_NAME, network

OLD, NEW = "an old secret of more than 32 characters", "a new secret of more than 32 characters"


def test_key_opens_with_its_secret_and_with_no_other() -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    encrypted = KeyProtector(OLD).encrypt(key)

    assert KeyProtector(OLD).decrypt(encrypted).private_numbers() == key.private_numbers()
    with pytest.raises(PrivateKeyUnreadable):
        KeyProtector(NEW).decrypt(encrypted)


def test_changed_secret_still_opens_what_the_old_one_closed() -> None:
    encrypted = KeyProtector(OLD).encrypt(ec.generate_private_key(ec.SECP256R1()))

    protector = open_key_protector(home=Path("unused"), environment={SECRET_VARIABLE: f"{NEW},{OLD}"})

    assert protector.decrypt(encrypted)
    with pytest.raises(PrivateKeyUnreadable):
        KeyProtector(OLD).decrypt(protector.encrypt(ec.generate_private_key(ec.SECP256R1())))


def test_secret_file_is_made_once_and_is_private(tmp_path: Path) -> None:
    encrypted = open_key_protector(home=tmp_path, environment={}).encrypt(ec.generate_private_key(ec.SECP256R1()))

    path = tmp_path / "secrets" / "signing_key_secret"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert open_key_protector(home=tmp_path, environment={}).decrypt(encrypted)
    path.chmod(0o644)
    with pytest.raises(SigningSecretMissing, match="read by others"):
        open_key_protector(home=tmp_path, environment={})


def test_short_secret_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SigningSecretMissing, match="32"):
        open_key_protector(home=tmp_path, environment={SECRET_VARIABLE: "short"})


def test_processes_that_start_together_share_one_authority(tmp_path: Path) -> None:
    opened = []

    def start() -> None:
        protector = open_key_protector(home=tmp_path, environment={})
        opened.append(open_demonstration_authority(home=tmp_path, protector=protector, now=ISSUED_AT))

    threads = [threading.Thread(target=start) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(opened) == 8
    assert len({authority.root_pem for authority in opened}) == 1
    protector = open_key_protector(home=tmp_path, environment={})
    assert issue_certificate(opened[0], common_name="Dr. A", protector=protector, now=ISSUED_AT).encrypted_private_key


def test_nothing_under_home_holds_a_key_in_clear(tmp_path: Path) -> None:
    protector = open_key_protector(home=tmp_path, environment={})
    open_demonstration_authority(home=tmp_path, protector=protector, now=ISSUED_AT)

    kept = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())

    assert b"BEGIN CERTIFICATE" in kept
    assert b"PRIVATE KEY" not in kept


def test_certificate_names_the_signer_and_may_sign_only() -> None:
    certificate = x509.load_pem_x509_certificate(network().issued.certificate_pem)

    assert certificate.subject.rfc4514_string() == f"CN={SIGNER_NAME}"
    usage = certificate.extensions.get_extension_for_class(x509.KeyUsage).value
    assert (usage.digital_signature, usage.content_commitment) == (True, True)
    assert not usage.key_cert_sign
    assert not certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    certificate.verify_directly_issued_by(network().authority.intermediate)
    network().authority.intermediate.verify_directly_issued_by(network().authority.root)


@pytest.mark.parametrize("name", ["", "N" * 65])
def test_name_that_no_certificate_can_carry_is_refused(name: str) -> None:
    with pytest.raises(CommonNameUnusable, match=str(len(name))):
        issue_certificate(network().authority, common_name=name, protector=network().protector, now=ISSUED_AT)


def test_revocation_list_names_the_revoked_certificate() -> None:
    issued = network().issued

    lists = make_revocation_lists(
        network().authority,
        revoked=[(issued.serial_number, ISSUED_AT)],
        protector=network().protector,
        now=ISSUED_AT + timedelta(days=1),
    )

    signers = x509.load_der_x509_crl(lists[0])
    assert signers.is_signature_valid(network().authority.intermediate.public_key())
    assert signers.get_revoked_certificate_by_serial_number(int(issued.serial_number, 16)) is not None
    assert len(x509.load_der_x509_crl(lists[1])) == 0
