"""Who signs: one interface, two makes (a software key here, a PKCS#11 token in pkcs11_signer)."""

from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

from asn1crypto import keys
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding
from pyhanko.sign import signers as pyhanko_signers
from pyhanko_certvalidator.registry import SimpleCertificateStore

from reporting.signature.errors import (
    CertificateExpired,
    CertificateNotUsable,
    CertificateNotYetValid,
    CertificateRevoked,
    PrintedNameDiffers,
)
from reporting.signature.key_protection import KeyProtector, PrivateKey

SMALLEST_RSA_KEY = 2048


class Signer(ABC):
    """A certificate with its chain and a way to its private key, which stays where it is."""

    def __init__(self, *, certificate_pem: bytes, chain_pem: bytes = b"", revoked_at: datetime | None = None) -> None:
        self.certificate = read_certificates(certificate_pem)[0]
        self.chain = read_certificates(chain_pem)
        self.revoked_at = revoked_at

    @property
    def serial_number(self) -> str:
        return f"{self.certificate.serial_number:x}"

    @property
    def common_name(self) -> str:
        return self.certificate.subject.native.get("common_name", "")

    @abstractmethod
    @contextmanager
    def open(self) -> Iterator[pyhanko_signers.Signer]:
        """Give pyHanko's signer for the time of one signature."""

    def check_usable(self, *, printed_name: str, signed_at: datetime) -> None:
        """Raise a CertificateNotUsable or PrintedNameDiffers unless this certificate may sign at that instant."""
        names = {"serial_number": self.serial_number, "signed_at": signed_at}
        if signed_at < self.certificate.not_valid_before:
            raise CertificateNotYetValid(not_valid_before=self.certificate.not_valid_before, **names)
        if signed_at > self.certificate.not_valid_after:
            raise CertificateExpired(not_valid_after=self.certificate.not_valid_after, **names)
        if self.revoked_at is not None:
            raise CertificateRevoked(serial_number=self.serial_number, revoked_at=self.revoked_at)
        public_key = self.certificate.public_key
        accepted = (public_key.algorithm == "ec" and public_key.curve == ("named", "secp256r1")) or (
            public_key.algorithm == "rsa" and public_key.bit_size >= SMALLEST_RSA_KEY
        )
        if not accepted:
            raise CertificateNotUsable(
                f"Certificate {self.serial_number} has neither an EC P-256 nor an RSA key of 2048 bits."
            )
        if self.common_name != printed_name:
            raise PrintedNameDiffers(serial_number=self.serial_number)


class SoftwareSigner(Signer):
    """Signs with a key that is encrypted at rest and in memory only between `open` and its end."""

    def __init__(
        self,
        *,
        certificate_pem: bytes,
        chain_pem: bytes,
        encrypted_private_key: bytes,
        protector: KeyProtector,
        revoked_at: datetime | None = None,
    ) -> None:
        super().__init__(certificate_pem=certificate_pem, chain_pem=chain_pem, revoked_at=revoked_at)
        self._encrypted_private_key = encrypted_private_key
        self._protector = protector

    @contextmanager
    def open(self) -> Iterator[pyhanko_signers.Signer]:
        yield KeptKeySigner(self._protector.decrypt(self._encrypted_private_key), self.certificate, self.chain)


class KeptKeySigner(pyhanko_signers.SimpleSigner):
    """pyHanko's signer with the key object kept: its own parses the key again for each signature."""

    def __init__(
        self, private_key: PrivateKey, certificate: asn1_x509.Certificate, chain: tuple[asn1_x509.Certificate, ...]
    ) -> None:
        plain = private_key.private_bytes(
            serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        super().__init__(
            signing_cert=certificate,
            signing_key=keys.PrivateKeyInfo.load(plain),
            cert_registry=SimpleCertificateStore.from_certs(chain),
        )
        self._private_key = private_key

    def sign_raw(self, data: bytes, digest_algorithm: str) -> bytes:
        digest = {"sha256": hashes.SHA256(), "sha384": hashes.SHA384(), "sha512": hashes.SHA512()}[digest_algorithm]
        if isinstance(self._private_key, ec.EllipticCurvePrivateKey):
            return self._private_key.sign(data, ec.ECDSA(digest))
        return self._private_key.sign(data, padding.PKCS1v15(), digest)


def read_certificates(pem_bytes: bytes) -> tuple[asn1_x509.Certificate, ...]:
    """Return the certificates of a PEM file in their order."""
    if not pem_bytes.strip():
        return ()
    certificates = x509.load_pem_x509_certificates(bytes(pem_bytes))
    return tuple(asn1_x509.Certificate.load(one.public_bytes(serialization.Encoding.DER)) for one in certificates)
