"""Rewrite OHIF's files for a life under /viewer/ and a strict content security policy. Every rewrite is counted."""

from __future__ import annotations

import re
from collections import Counter

from pacs_core.web.viewer import release
from pacs_core.web.viewer.errors import ImageWorkerNotFound, RewriteCountMismatch

INLINE_SCRIPT_FILE = "inline-scripts.js"

_PUBLIC_PATH_IN_SCRIPT = b'__webpack_require__.p = "/"'
_URL_IN_STYLE = b"url(/"
_SERVICE_WORKER_TAG = re.compile(r'<script\b[^>]*\bsrc="/init-service-worker\.js"[^>]*></script>')
_INLINE_SCRIPT = re.compile(r"<script>(.*?)</script>", re.DOTALL)
_ROOT_RELATIVE = re.compile(r'\b(href|src|content)="/(?!/)')
_IMAGE_WORKER_NAME = b"registerWorker('dicomImageLoader'"
_WORKER_CHUNK = re.compile(rb"new Worker\(new URL\([^;]*?__webpack_require__\.u\((\d+)\)")


class Rewriter:
    """Rewrites one package, file by file, and afterwards answers whether everything expected was found."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()
        self._image_worker_chunks: set[str] = set()

    def rewrite(self, *, path: str, content: bytes) -> dict[str, bytes]:
        """Return the files that take this one's place, by path."""
        if path == "index.html":
            return self._rewrite_page(content)
        if path.endswith(".js"):
            return {path: self._rewrite_script(content)}
        if path.endswith(".css"):
            return {path: self._replace(content, _URL_IN_STYLE, b"url(" + _prefix(), "stylesheet url")}
        if path == "manifest.json":
            return {path: self._replace(content, b'"src": "/', b'"src": "' + _prefix(), "manifest icon")}
        if path == "assets/browserconfig.xml":
            return {path: self._replace(content, b'src="/', b'src="' + _prefix(), "browser configuration")}
        return {path: content}

    def check_counts(self) -> None:
        """Raise RewriteCountMismatch unless each rewrite matched as often as in the reviewed release."""
        for name, expected in release.EXPECTED_REWRITES.items():
            if self.counts[name] != expected:
                raise RewriteCountMismatch(
                    f"The rewrite '{name}' matched {self.counts[name]} times, expected {expected}.\n"
                    f"Maybe {release.PACKAGE} is not {release.VERSION}: review what changed, then adapt release.py."
                )

    def image_worker(self, *, paths: list[str]) -> str:
        """Name the file of the worker that decodes images: the only one whose policy must allow eval."""
        if len(self._image_worker_chunks) == 1:
            (chunk,) = self._image_worker_chunks
            files = [path for path in paths if re.fullmatch(rf"{chunk}\.bundle\.[0-9a-f]+\.js", path)]
            if len(files) == 1:
                return files[0]
        raise ImageWorkerNotFound(
            f"The image loader's worker is named by the chunks {sorted(self._image_worker_chunks)}, "
            "expected exactly one chunk with exactly one file."
        )

    def _replace(self, content: bytes, old: bytes, new: bytes, name: str) -> bytes:
        self.counts[name] += content.count(old)
        return content.replace(old, new)

    def _rewrite_script(self, content: bytes) -> bytes:
        registered = content.find(_IMAGE_WORKER_NAME)
        if registered >= 0:
            # The worker's constructor stands a few lines above its registration under the loader's name.
            named = _WORKER_CHUNK.findall(content[max(0, registered - 2000) : registered])
            if named:
                self._image_worker_chunks.add(named[-1].decode("ascii"))
        new = b'__webpack_require__.p = "' + _prefix() + b'"'
        return self._replace(content, _PUBLIC_PATH_IN_SCRIPT, new, "javascript public path")

    def _rewrite_page(self, content: bytes) -> dict[str, bytes]:
        page = content.decode("utf-8")
        page, found = _SERVICE_WORKER_TAG.subn("", page)
        self.counts["page service worker"] += found
        scripts = _INLINE_SCRIPT.findall(page)
        self.counts["page inline script"] += len(scripts)
        inline = ";\n".join(scripts) + ";\n"
        self.counts["page public url"] += inline.count('window.PUBLIC_URL="/"')
        inline = inline.replace('window.PUBLIC_URL="/"', f'window.PUBLIC_URL="{release.PUBLIC_PATH}"')
        page, found = _ROOT_RELATIVE.subn(rf'\1="{release.PUBLIC_PATH}', page)
        self.counts["page root-relative address"] += found
        # The first inline script runs before all others; the later ones only define, so all of them may stand first.
        tag = f'<script src="{release.PUBLIC_PATH}{INLINE_SCRIPT_FILE}"></script>'
        page = _INLINE_SCRIPT.sub(lambda match: tag if match.group(1) == scripts[0] else "", page)
        page = page.replace("<title>OHIF Viewer</title>", "<title>Images - Meridian</title>")
        return {"index.html": page.encode("utf-8"), INLINE_SCRIPT_FILE: inline.encode("utf-8")}


def _prefix() -> bytes:
    return release.PUBLIC_PATH.encode("ascii")
