"""The project's own files: what git tracks, and what is about to be tracked."""

import ast
import subprocess
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent


@cache
def own_files() -> tuple[Path, ...]:
    """Paths relative to the root; generated and foreign folders are in .gitignore."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, check=True, text=True).stdout
    return tuple(path for name in sorted(set(listed.split("\0"))) if name and (path := Path(name)) and _is_file(path))


def _is_file(path: Path) -> bool:
    return (ROOT / path).is_file() and not (ROOT / path).is_symlink()


def files_with(*suffixes: str) -> list[Path]:
    return [path for path in own_files() if path.suffix in suffixes]


def python_files() -> list[Path]:
    """Without migrations: what Django writes is not read like a book."""
    return [path for path in files_with(".py") if "migrations" not in path.parts]


@cache
def text_of(path: Path) -> str:
    return (ROOT / path).read_text(encoding="utf-8")


@cache
def syntax_tree(path: Path) -> ast.Module:
    return ast.parse(text_of(path), str(path))
