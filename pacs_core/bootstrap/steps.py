"""What the person at the terminal sees: one line a step, with its time; and which steps need no repetition."""

import hashlib
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from .errors import CommandFailed

_WIDTH = 44


def say(text: str) -> None:
    """Print at once; a terminal without UTF-8 gets question marks and no traceback."""
    encoding = sys.stdout.encoding or "ascii"
    print(text.encode(encoding, "replace").decode(encoding), flush=True)


@contextmanager
def step(title: str) -> Iterator[None]:
    """Show `title` while the block runs and its seconds afterwards."""
    started = time.monotonic()
    print(f"  {title} ".ljust(_WIDTH, "."), end=" ", flush=True)
    try:
        yield
    except BaseException:
        say("failed")
        raise
    say(f"{time.monotonic() - started:5.1f} s")


def skipped(title: str, why: str = "up to date") -> None:
    """Show a step that had nothing to do."""
    say(f"  {title} ".ljust(_WIDTH, ".") + f" {why}")


class Stamp:
    """Remembers in a file the inputs a step was done with; done again when an input or the output has changed."""

    def __init__(self, path: Path, inputs: Iterable[Path | str], *, outputs: Sequence[Path] = ()) -> None:
        self.path = path
        self._outputs = outputs
        self._digest = _digest(inputs)

    @property
    def is_current(self) -> bool:
        """Tell whether the step was done with these very inputs and its outputs are still there."""
        if not all(output.exists() for output in self._outputs):
            return False
        return self.path.exists() and self.path.read_text() == self._digest

    def write(self) -> None:
        """Remember that the step is done."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self.path.write_text(self._digest)


def _digest(inputs: Iterable[Path | str]) -> str:
    digest = hashlib.sha256()
    for item in sorted(inputs, key=str):
        digest.update(f"\0{item}\0".encode())
        if isinstance(item, Path):
            digest.update(item.read_bytes())
    return digest.hexdigest()


def run_command(
    arguments: Sequence[str | Path],
    *,
    directory: Path,
    environment: Mapping[str, str] | None = None,
    what: str,
    log: Path | None = None,
) -> str:
    """Run a command quietly and return its standard output; a failure shows the end of what it said.

    With `log` the whole output is kept there, and the error names that file.
    """
    result = subprocess.run(
        [str(argument) for argument in arguments],
        cwd=directory,
        env=dict(environment) if environment is not None else None,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
    )
    if log is not None:
        log.parent.mkdir(parents=True, exist_ok=True)
        log.write_text(result.stdout + result.stderr)
    if result.returncode != 0:
        end = "\n    ".join(_last_words(result.stderr.strip() or result.stdout.strip()))
        where = f"\nAll of its output: {log}" if log else ""
        raise CommandFailed(f"{what} failed (exit status {result.returncode}):\n    {end}{where}")
    return result.stdout


def _last_words(output: str) -> list[str]:
    """Return the lines that say what went wrong: of a Python traceback its end alone."""
    if "Traceback (most recent call last)" not in output:
        return output.splitlines()[-12:]
    lines = output.rsplit("Traceback (most recent call last)", 1)[1].splitlines()[1:]
    first = next((number for number, line in enumerate(lines) if line and not line.startswith(" ")), len(lines) - 1)
    return lines[first:][:12]
