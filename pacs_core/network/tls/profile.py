"""TLS as in PS3.15 B.12 (BCP 195, RFC 8996, RFC 9325): TLS 1.3 and 1.2, ephemeral keys, authenticated encryption."""

import logging
import ssl
from pathlib import Path
from typing import TypeVar

from django.conf import settings

from pacs_core.network.errors import TlsNotConfigured
from pacs_core.network.tls.sockets import SharedTlsSocket

logger = logging.getLogger(__name__)

# RFC 9325 4.2; the suites of TLS 1.3 are OpenSSL's own, all of them authenticated.
SUITES_OF_TLS_1_2 = "ECDHE+AESGCM:ECDHE+CHACHA20"
Context = TypeVar("Context", bound=ssl.SSLContext)
_SETTINGS = ("DIMSE_TLS_CERTIFICATE", "DIMSE_TLS_KEY", "DIMSE_TLS_AUTHORITIES")


def server_context() -> ssl.SSLContext:
    """Make what the port with TLS answers with: each caller has to show a certificate of a trusted authority.

    Raises TlsNotConfigured.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.sslsocket_class = SharedTlsSocket
    # A ticket would come while its receiver waits for a PDU, and resumption saves nothing in associations of minutes.
    context.num_tickets = 0
    context.options |= ssl.OP_NO_TICKET | ssl.OP_NO_RENEGOTIATION
    return _with_profile(context)


def client_context(kind: type[Context]) -> Context:
    """Make what we call nodes with, our certificate included; raises TlsNotConfigured."""
    context = kind(ssl.PROTOCOL_TLS_CLIENT)
    context.options |= ssl.OP_NO_RENEGOTIATION
    return _with_profile(context)


def configured_files() -> list[Path]:
    """Return certificate, key and authorities; raises TlsNotConfigured that names the variable."""
    for name in _SETTINGS:
        if not getattr(settings, name):
            raise TlsNotConfigured(f"{name} is empty. Maybe make files for a test with make_tls_certificates.")
    return [Path(getattr(settings, name)) for name in _SETTINGS]


def _with_profile(context: Context) -> Context:
    certificate, key, authorities = configured_files()
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers(SUITES_OF_TLS_1_2)
    context.verify_mode = ssl.CERT_REQUIRED
    try:
        context.load_verify_locations(authorities)
        if "BEGIN X509 CRL" in authorities.read_text(errors="replace"):
            context.verify_flags |= ssl.VERIFY_CRL_CHECK_LEAF
    except (OSError, ssl.SSLError) as error:
        raise TlsNotConfigured(f"DIMSE_TLS_AUTHORITIES cannot be read ({error}).") from error
    try:
        context.load_cert_chain(certificate, key)
    except (OSError, ssl.SSLError) as error:
        raise TlsNotConfigured(f"DIMSE_TLS_CERTIFICATE and DIMSE_TLS_KEY cannot be used ({error}).") from error
    return context


class ReloadedContext:
    """A server's context that follows its files: renewed certificates and authorities hold from the next handshake."""

    def __init__(self) -> None:
        self._context, self._read = server_context(), _state_of_files()

    def current(self) -> ssl.SSLContext:
        """Return the context; files that cannot be read leave the one before in force."""
        state = _state_of_files()
        if state != self._read:
            self._read = state
            try:
                self._context = server_context()
            except TlsNotConfigured as error:
                logger.error("The former TLS certificate stays in force: %s", error)
        return self._context


def _state_of_files() -> list[tuple[int, int]]:
    state = []
    for path in configured_files():
        try:
            found = path.stat()
        except OSError:
            state.append((0, 0))
        else:
            state.append((found.st_mtime_ns, found.st_ino))
    return state
