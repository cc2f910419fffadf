"""Checks that every relative link of the project's Markdown leads to a file, and every anchor to a heading."""

import re
from collections.abc import Iterable
from pathlib import Path

from .errors import SetUpError
from .installation import PROJECT_ROOT

_LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)(?:\s\"[^\"]*\")?\)")
_HEADING = re.compile(r"^#{1,6}\s+(.+?)\s*#*$", re.MULTILINE)
_FENCE = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)


def check_document_links(root: Path = PROJECT_ROOT) -> None:
    """Raise SetUpError that lists every broken link."""
    documents = [*root.glob("*.md"), *(root / "docs").rglob("*.md")]
    broken = [f"{path.relative_to(root)}: {link}" for path in sorted(documents) for link in _broken_links(path)]
    if broken:
        raise SetUpError("These links lead nowhere:\n  " + "\n  ".join(broken))


def _broken_links(document: Path) -> Iterable[str]:
    for link in _LINK.findall(_FENCE.sub("", document.read_text(encoding="utf-8"))):
        if re.match(r"[a-z]+:", link):
            continue
        name, _, anchor = link.partition("#")
        target = (document.parent / name) if name else document
        if not target.exists() or (anchor and target.suffix == ".md" and anchor not in _anchors(target)):
            yield link


def _anchors(document: Path) -> set[str]:
    """Return the anchors a Markdown page's headings get on the usual forges."""
    headings = _HEADING.findall(_FENCE.sub("", document.read_text(encoding="utf-8")))
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}
