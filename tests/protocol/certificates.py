"""An authority for the tests and what it has issued, in files as DCMTK and our settings want them."""

import ssl
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from django.utils import timezone

from pacs_core.network.tls.authority import Issued, issue, make_authority


@dataclass(frozen=True)
class Files:
    """A certificate with its key, in PEM files."""

    certificate: str
    key: str
    fingerprint: str


class TestAuthority:
    __test__ = False

    def __init__(self, folder: Path) -> None:
        self.folder, self.now = folder, timezone.now()
        folder.mkdir(parents=True, exist_ok=True)
        self._authority = make_authority("test authority", now=self.now - timedelta(days=2))
        self.authorities = str(folder / "authority.pem")
        Path(self.authorities).write_bytes(self._authority.certificate_pem)
        self.meridian = self.issue("meridian", hosts=("localhost", "127.0.0.1"))

    def issue(self, name: str, *, hosts: tuple[str, ...] = (), lasts: timedelta = timedelta(days=1)) -> Files:
        began = self.now - timedelta(days=1)
        issued = issue(self._authority, name, hosts=hosts, begins_at=began, ends_at=self.now + lasts)
        return self._written(name, issued)

    def settings(self) -> dict[str, str]:
        return {
            "DIMSE_TLS_CERTIFICATE": self.meridian.certificate,
            "DIMSE_TLS_KEY": self.meridian.key,
            "DIMSE_TLS_AUTHORITIES": self.authorities,
        }

    def client_context(self, shown: Files | None = None) -> ssl.SSLContext:
        """A peer's context that trusts this authority and shows a certificate, if any."""
        context = ssl.create_default_context(cafile=self.authorities)
        if shown:
            context.load_cert_chain(shown.certificate, shown.key)
        return context

    def _written(self, name: str, issued: Issued) -> Files:
        certificate, key = self.folder / f"{name}.pem", self.folder / f"{name}.key"
        certificate.write_bytes(issued.certificate_pem)
        key.write_bytes(issued.key_pem)
        return Files(str(certificate), str(key), issued.fingerprint)
