"""A real RFC 3161 authority over HTTP on loopback: OpenSSL answers each query."""

import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from django.utils import timezone

from reporting.signature.authority import DemonstrationAuthority, certify_timestamp_key
from reporting.signature.key_protection import KeyProtector
from tests.tools import require_tool

_CONFIGURATION = """
[tsa]
serial = {folder}/serial
signer_cert = {folder}/tsa.pem
certs = {folder}/chain.pem
signer_key = {folder}/tsa.key
signer_digest = sha256
default_policy = 1.3.6.1.4.1.13762.3
digests = sha256
ess_cert_id_chain = no
ess_cert_id_alg = sha256
"""


@contextmanager
def timestamp_authority(folder: Path, *, authority: DemonstrationAuthority, protector: KeyProtector) -> Iterator[str]:
    """Serve timestamps under a certificate of `authority` until the block ends; yields the URL."""
    openssl = require_tool("openssl")
    _write_state(folder, authority, protector)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            (folder / "query").write_bytes(self.rfile.read(int(self.headers["Content-Length"])))
            command = [openssl, "ts", "-reply", "-config", "tsa.cnf", "-section", "tsa", "-queryfile", "query"]
            reply = subprocess.run([*command, "-out", "reply"], cwd=folder, capture_output=True, text=True)
            assert reply.returncode == 0, reply.stderr
            body = (folder / "reply").read_bytes()
            self.send_response(200)
            self.send_header("Content-Type", "application/timestamp-reply")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _write_state(folder: Path, authority: DemonstrationAuthority, protector: KeyProtector) -> None:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    certificate = certify_timestamp_key(authority, public_key=key.public_key(), protector=protector, now=timezone.now())
    plain = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    (folder / "tsa.key").write_bytes(key.private_bytes(serialization.Encoding.PEM, *plain))
    (folder / "tsa.pem").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    (folder / "chain.pem").write_bytes(authority.intermediate_pem)
    (folder / "serial").write_text("01\n")
    (folder / "tsa.cnf").write_text(_CONFIGURATION.format(folder=folder))
