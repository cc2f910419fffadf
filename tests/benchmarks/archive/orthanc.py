"""Orthanc beside Meridian: Debian's packages unpacked into build/, each variant a process of its own.

Orthanc is GPL. It is a peer of this benchmark only: nothing of Meridian imports, ships or needs it.
"""

import json
import os
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from tests.benchmarks.archive.peers import Peer, get_json
from tests.installation import free_port
from tests.servers import PROJECT

FOLDER = PROJECT / "build" / "orthanc"
PACKAGES = ("orthanc", "orthanc-dicomweb", "orthanc-postgresql")
DESTINATION = "BENCHMOVE"


@dataclass(frozen=True)
class Variant:
    """`database_url` names its PostgreSQL index; without one it keeps its SQLite index."""

    name: str
    disables_nagle: bool
    database_url: str = ""


def fetch_orthanc() -> Path:
    """Return the root of the unpacked packages, downloaded by apt-get with what they need and this machine lacks."""
    root = FOLDER / "root"
    if (root / "usr" / "sbin" / "Orthanc").exists():
        return root
    packages = FOLDER / "packages"
    packages.mkdir(parents=True, exist_ok=True)
    planned = subprocess.run(
        ["apt-get", "install", "--simulate", "--no-install-recommends", *PACKAGES],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    names = [line.split()[1] for line in planned.splitlines() if line.startswith("Inst ")]
    subprocess.run(["apt-get", "download", *names], cwd=packages, check=True, capture_output=True)
    for package in sorted(packages.glob("*.deb")):
        subprocess.run(["dpkg-deb", "-x", package, root], check=True)
    return root


@contextmanager
def running_orthanc(variant: Variant, *, folder: Path, move_port: int) -> Iterator[Peer]:
    """Run one variant with an empty store below `folder` until the block ends."""
    root, http, dimse = fetch_orthanc(), free_port(), free_port()
    folder.mkdir(parents=True)
    configuration = folder / "orthanc.json"
    configuration.write_text(json.dumps(_configuration(variant, root, folder, http, dimse, move_port)))
    environment = os.environ | {
        "LD_LIBRARY_PATH": f"{root}/usr/lib/x86_64-linux-gnu:{root}/usr/lib/orthanc",
        "TCP_NODELAY": "1" if variant.disables_nagle else "0",
    }
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            [root / "usr/sbin/Orthanc", configuration], env=environment, stdout=log, stderr=subprocess.STDOUT
        )
    try:
        _wait_until_it_answers(process, f"http://127.0.0.1:{http}/system", folder / "log")
        yield Peer(
            name=variant.name,
            dimse_port=dimse,
            ae_title="ORTHANC",
            dicomweb=f"http://127.0.0.1:{http}/dicom-web",
            indexed=lambda study: _indexed(f"http://127.0.0.1:{http}", study),
            move_to=DESTINATION,
            disables_nagle=variant.disables_nagle,
        )
    finally:
        process.terminate()
        process.wait(60)


def _configuration(
    variant: Variant, root: Path, folder: Path, http: int, dimse: int, move_port: int
) -> dict[str, object]:
    """Debian's defaults but for what a second installation on this machine and the benchmark's clients need."""
    plugins = [f"{root}/usr/share/orthanc/plugins/libOrthancDicomWeb.so"]
    configuration: dict[str, object] = {
        "Name": variant.name,
        "StorageDirectory": str(folder / "storage"),
        "IndexDirectory": str(folder / "index"),
        "HttpPort": http,
        "DicomPort": dimse,
        "DicomAet": "ORTHANC",
        "RemoteAccessAllowed": False,
        "AuthenticationEnabled": False,
        "DicomAlwaysAllowFind": True,
        "DicomAlwaysAllowMove": True,
        "DicomModalities": {"bench": [DESTINATION, "127.0.0.1", move_port]},
        "Plugins": plugins,
    }
    if variant.database_url:
        parts = urlsplit(variant.database_url)
        plugins.append(f"{root}/usr/share/orthanc/plugins/libOrthancPostgreSQLIndex.so")
        configuration["PostgreSQL"] = {
            "EnableIndex": True,
            "EnableStorage": False,
            "Host": parse_qs(parts.query)["host"][0],
            "Database": parts.path.lstrip("/"),
            "Username": parts.username or "",
            "Password": "",
            "Lock": False,
        }
    return configuration


def _wait_until_it_answers(process: subprocess.Popen[bytes], url: str, log: Path) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and process.poll() is None:
        try:
            get_json(url)
            return
        except OSError:
            time.sleep(0.1)
    raise RuntimeError(f"Orthanc did not start:\n{log.read_text(errors='replace')[-2000:]}")


def _indexed(base: str, study_instance_uid: str) -> int:
    """Orthanc answers a store only once it is indexed, so the number of all its instances of a study is enough."""
    url = f"{base}/dicom-web/studies?StudyInstanceUID={study_instance_uid}&includefield=00201208"
    found = get_json(url)
    assert isinstance(found, list)
    return int(found[0]["00201208"]["Value"][0]) if found else 0
