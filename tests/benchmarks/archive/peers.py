"""What the benchmark asks of an archive, whichever it is."""

import json
import time
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass, field

from tests.benchmarks.archive.files import StudyFiles

WITHIN_SECONDS = 180


@dataclass(frozen=True)
class Peer:
    """A running archive: where it listens, and how to learn that a study is indexed.

    `indexed` returns how many instances of a study can be found; `move_to` is the AE title of the destination that
    the archive knows for C-MOVE.
    """

    name: str
    dimse_port: int
    ae_title: str
    dicomweb: str
    indexed: Callable[[str], int]
    move_to: str
    headers: dict[str, str] = field(default_factory=dict)
    disables_nagle: bool = True

    def wait_until_indexed(self, study: StudyFiles) -> None:
        """Return once every instance of the study can be found."""
        deadline = time.monotonic() + WITHIN_SECONDS
        while (found := self.indexed(study.study_instance_uid)) < len(study.contents):
            if time.monotonic() > deadline:
                raise TimeoutError(f"{self.name} found {found} of {len(study.contents)} instances.")
            time.sleep(0.01)


def get_json(url: str, headers: dict[str, str] | None = None) -> object:
    request = urllib.request.Request(url, headers={"Accept": "application/json"} | (headers or {}))
    with urllib.request.urlopen(request, timeout=60) as answer:
        return json.load(answer)
