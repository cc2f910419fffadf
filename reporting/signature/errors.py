"""What can stop a report from being signed, or a signed report from being released."""

from datetime import datetime


class SignatureError(Exception):
    """Base of every error of reporting.signature; permanent unless a subclass says otherwise."""


class SigningSecretMissing(SignatureError):
    """The secret that protects private keys at rest is missing, too short or readable by others."""


class PrivateKeyUnreadable(SignatureError):
    """A stored private key does not open with any of the configured secrets."""

    def __init__(self) -> None:
        super().__init__(
            "The stored private key does not open with the configured secret.\n"
            "Maybe MERIDIAN_SIGNING_KEY_SECRET changed: name the old secret after the new one, divided by a comma."
        )


class CommonNameUnusable(SignatureError):
    """A printed name is empty or longer than the 64 characters X.520 allows a common name."""

    def __init__(self, *, length: int) -> None:
        super().__init__(f"A certificate's common name has 1 to 64 characters, this name has {length}.")


class CertificateNotUsable(SignatureError):
    """The signing certificate is not yet valid, expired, revoked or of a kind that is not accepted."""


class CertificateNotYetValid(CertificateNotUsable):
    def __init__(self, *, serial_number: str, not_valid_before: datetime, signed_at: datetime) -> None:
        super().__init__(
            f"Certificate {serial_number} is valid from {not_valid_before.isoformat()}, "
            f"the signature is to be made at {signed_at.isoformat()}.\nMaybe a clock is wrong."
        )


class CertificateExpired(CertificateNotUsable):
    def __init__(self, *, serial_number: str, not_valid_after: datetime, signed_at: datetime) -> None:
        super().__init__(
            f"Certificate {serial_number} expired at {not_valid_after.isoformat()}, "
            f"the signature is to be made at {signed_at.isoformat()}.\nMaybe a new certificate has to be issued."
        )


class CertificateRevoked(CertificateNotUsable):
    def __init__(self, *, serial_number: str, revoked_at: datetime) -> None:
        super().__init__(f"Certificate {serial_number} was revoked at {revoked_at.isoformat()} and cannot sign.")


class PrintedNameDiffers(SignatureError):
    """The certificate's common name is not the name printed in the signature block."""

    def __init__(self, *, serial_number: str) -> None:
        super().__init__(
            f"The printed name is not the common name of certificate {serial_number}.\n"
            "Maybe the person was renamed: issue a new certificate."
        )


class TrustRootsUnreadable(SignatureError):
    """The file that SIGNATURE_TRUST_ROOTS names is missing or holds no certificate."""

    def __init__(self) -> None:
        super().__init__(
            "The trusted roots cannot be read, so no signature can be checked.\n"
            "Maybe SIGNATURE_TRUST_ROOTS does not name a readable file of PEM certificates."
        )


class TimestampUnavailable(SignatureError):
    """The configured timestamp authority gave no token; retriable, and never a silent lower level."""


class TokenUnavailable(SignatureError):
    """The PKCS#11 token or the key on it cannot be used; retriable."""


class SignedPdfNotValid(SignatureError):
    """A PDF just signed does not validate against the configured roots; it is not released."""

    def __init__(self, *, reasons: tuple[str, ...]) -> None:
        self.reasons = reasons
        super().__init__(f"The signed PDF does not validate: {'; '.join(reasons)}.")
