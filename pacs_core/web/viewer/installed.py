"""The viewer that `pacs_core.web.viewer.build` has put on the disk: which files there are."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from pacs_core.web.viewer.build import BUILD_RECORD

_HASHED_NAME = re.compile(r"(?:^|[./])[0-9a-f]{16}\.[a-z0-9]+$")


@dataclass(frozen=True)
class InstalledViewer:
    """`digests` maps each served path to its content's digest; nothing else is ever opened."""

    root: Path
    image_worker: str
    digests: dict[str, str]

    def gzip_path(self, path: str) -> Path | None:
        """Return the precompressed copy, None when compressing didn't pay."""
        packed = self.root / f"{path}.gz"
        return packed if packed.is_file() else None


def installed_viewer(root: Path) -> InstalledViewer | None:
    """Return the viewer under `root`, None when it was never built; a new build is noticed."""
    try:
        changed_at = (root / BUILD_RECORD).stat().st_mtime_ns
    except FileNotFoundError:
        return None
    return _read_record(root, changed_at)


@lru_cache(maxsize=4)
def _read_record(root: Path, changed_at: int) -> InstalledViewer:
    record = json.loads((root / BUILD_RECORD).read_text("utf-8"))
    return InstalledViewer(root=root, image_worker=record["image_worker"], digests=record["files"])


def has_hashed_name(path: str) -> bool:
    """Tell whether the name changes with the content, so that a browser may keep the file for ever."""
    return _HASHED_NAME.search(path) is not None
