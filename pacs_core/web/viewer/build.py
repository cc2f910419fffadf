"""Prepare the image viewer: `python -m pacs_core.web.viewer.build --output DIR [--cache DIR]`.

Standard library only, so set-up can run it before anything else is installed. Idempotent: a second run with the same
sources does nothing. The output folder is replaced in one rename; a killed build leaves the old one.
"""

from __future__ import annotations

import argparse
import gzip
import hashlib
import json
import shutil
import sys
import tempfile
import time
from pathlib import Path

from pacs_core.web.viewer import release
from pacs_core.web.viewer.errors import ViewerBuildError
from pacs_core.web.viewer.package_source import fetch_package, read_distribution
from pacs_core.web.viewer.rewrite import Rewriter

BUILD_RECORD = "viewer-build.json"
EXTENSION_FOLDER = Path(__file__).parent / "extension"
EXTENSION_FILES = ("app-config.js", "meridian-extension.js")
COMPRESSED_SUFFIXES = (".js", ".css", ".html", ".json", ".svg", ".wasm", ".xml")
COMPRESSION_LEVEL = 6


def source_stamp() -> str:
    """Hash everything that decides the output: the release, this code, our extension."""
    digest = hashlib.sha256(release.INTEGRITY.encode("ascii"))
    sources = [*Path(__file__).parent.glob("*.py"), *(EXTENSION_FOLDER / name for name in EXTENSION_FILES)]
    for path in sorted(sources):
        digest.update(path.name.encode("utf-8") + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()


def build_viewer(*, output: Path, cache: Path) -> bool:
    """Build into `output`; False when it already holds this very build."""
    stamp = source_stamp()
    if _recorded_stamp(output) == stamp:
        return False
    archive = fetch_package(cache=cache)
    output.parent.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix=f".{output.name}-", dir=output.parent))
    try:
        _write_files(archive=archive, folder=folder, stamp=stamp)
        folder.chmod(0o755)
        _swap(new=folder, target=output)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return True


def _recorded_stamp(output: Path) -> str | None:
    try:
        return json.loads((output / BUILD_RECORD).read_text("utf-8"))["stamp"]
    except (OSError, ValueError, KeyError):
        return None


def _write_files(*, archive: Path, folder: Path, stamp: str) -> None:
    rewriter = Rewriter()
    digests: dict[str, str] = {}
    for path, content in read_distribution(archive=archive):
        for new_path, new_content in rewriter.rewrite(path=path, content=content).items():
            digests[new_path] = _write_file(folder=folder, path=new_path, content=new_content)
    rewriter.check_counts()
    for name in EXTENSION_FILES:
        digests[name] = _write_file(folder=folder, path=name, content=(EXTENSION_FOLDER / name).read_bytes())
    record = {
        "stamp": stamp,
        "version": release.VERSION,
        "image_worker": rewriter.image_worker(paths=list(digests)),
        "files": dict(sorted(digests.items())),
    }
    (folder / BUILD_RECORD).write_text(json.dumps(record, indent=1), encoding="utf-8")


def _write_file(*, folder: Path, path: str, content: bytes) -> str:
    target = folder / path
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(content)
    if path.endswith(COMPRESSED_SUFFIXES):
        packed = gzip.compress(content, COMPRESSION_LEVEL, mtime=0)
        if len(packed) < len(content):
            (folder / f"{path}.gz").write_bytes(packed)
    return hashlib.sha256(content).hexdigest()[:32]


def _swap(*, new: Path, target: Path) -> None:
    old = target.with_name(f".{target.name}-old")
    shutil.rmtree(old, ignore_errors=True)
    if target.exists():
        target.rename(old)
    new.rename(target)
    shutil.rmtree(old, ignore_errors=True)


def main(arguments: list[str] | None = None) -> int:
    """Run the command line; 0 when the viewer is in place."""
    parser = argparse.ArgumentParser(prog="python -m pacs_core.web.viewer.build", description=__doc__)
    parser.add_argument("--output", type=Path, required=True, help="folder that is served under /viewer/")
    parser.add_argument("--cache", type=Path, help="keeps the downloaded package (default: beside the output)")
    options = parser.parse_args(arguments)
    output = options.output.resolve()
    cache = (options.cache or output.parent / "viewer-cache").resolve()
    started = time.monotonic()
    try:
        built = build_viewer(output=output, cache=cache)
    except (ViewerBuildError, OSError) as error:
        print(f"The viewer was not built: {error}", file=sys.stderr)
        return 1
    state = f"built in {time.monotonic() - started:.1f} s" if built else "is up to date"
    print(f"OHIF {release.VERSION} {state}.")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
