"""The clients, the same for every archive: DCMTK's programs, and HTTP over plain sockets."""

import http.client
import os
import subprocess
import time
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import urlsplit

from tests.benchmarks.archive.files import StudyFiles
from tests.benchmarks.archive.peers import Peer
from tests.tools import require_tool

CALLING = "BENCH"


def send_by_dcmsend(peer: Peer, folders: Iterable[Path], *, disables_nagle: bool) -> None:
    """Send each folder over an association of its own, all at once."""
    environment = os.environ | {"TCP_NODELAY": "1" if disables_nagle else "0"}
    arguments = [require_tool("dcmsend"), "-aet", CALLING, "-aec", peer.ae_title, "+sd", "127.0.0.1"]
    running = [
        subprocess.Popen(
            [*arguments, str(peer.dimse_port), folder],
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        for folder in folders
    ]
    for process in running:
        output, _ = process.communicate()
        if process.returncode:
            raise RuntimeError(f"dcmsend to {peer.name} failed: {output.decode(errors='replace')[-500:]}")


def run_dcmtk(program: str, peer: Peer, *arguments: str) -> float:
    """Run findscu or movescu; return its seconds."""
    command = [require_tool(program), "-aet", CALLING, "-aec", peer.ae_title, *arguments]
    started = time.perf_counter()
    done = subprocess.run(
        [*command, "127.0.0.1", str(peer.dimse_port)],
        env=os.environ | {"TCP_NODELAY": "1"},
        capture_output=True,
        text=True,
    )
    seconds = time.perf_counter() - started
    if done.returncode:
        raise RuntimeError(f"{program} at {peer.name} failed: {done.stderr[-500:]}")
    return seconds


class Browser:
    """One kept-alive connection."""

    def __init__(self, peer: Peer) -> None:
        parts = urlsplit(peer.dicomweb)
        self._path, self._headers = parts.path, peer.headers
        self._connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=120)

    def request(self, path: str, *, accept: str, body: bytes | None = None, **headers: str) -> tuple[float, int]:
        """Return (seconds to the first byte of the body, bytes of the body)."""
        started = time.perf_counter()
        method = "GET" if body is None else "POST"
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        self._connection.request(method, self._path + path, body, {"Accept": accept} | named | self._headers)
        answer = self._connection.getresponse()
        first = answer.read(1)
        first_byte, size, buffer = time.perf_counter() - started, len(first), bytearray(1 << 20)
        while number := answer.readinto(buffer):
            size += number
        if answer.status >= 300:
            raise RuntimeError(f"{answer.status} for {path}: {bytes(buffer[:300])!r}")
        return first_byte, size

    def close(self) -> None:
        self._connection.close()


def store_by_stow(peer: Peer, study: StudyFiles, *, per_request: int) -> None:
    browser = Browser(peer)
    for start in range(0, len(study.contents), per_request):
        pieces = []
        for content in study.contents[start : start + per_request]:
            pieces += [b"--bench\r\nContent-Type: application/dicom\r\n\r\n", content, b"\r\n"]
        browser.request(
            "/studies",
            accept="application/dicom+json",
            body=b"".join([*pieces, b"--bench--\r\n"]),
            Content_Type='multipart/related; type="application/dicom"; boundary=bench',
        )
    browser.close()


def fetch_frames(peer: Peer, study: StudyFiles, *, connections: int) -> float:
    """Get the first frame of every instance; return the seconds."""
    base = f"/studies/{study.study_instance_uid}/series/{study.series_instance_uid}/instances"
    accept = 'multipart/related; type="application/octet-stream"; transfer-syntax=*'
    shares = [study.sop_instance_uids[start::connections] for start in range(connections)]

    def fetch(uids: list[str]) -> None:
        browser = Browser(peer)
        for uid in uids:
            browser.request(f"{base}/{uid}/frames/1", accept=accept)
        browser.close()

    started = time.perf_counter()
    with ThreadPoolExecutor(connections) as pool:
        list(pool.map(fetch, shares))
    return time.perf_counter() - started
