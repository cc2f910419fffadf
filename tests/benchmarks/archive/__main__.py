"""`make bench-archive`: Meridian beside Orthanc, the same clients, files and machine, in turns; ratios and growth."""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path

from tests.benchmarks.archive.files import LARGE, SMALL
from tests.benchmarks.archive.measures import (
    Measure,
    fill_by_stow,
    frames,
    series_metadata,
    storing,
    storing_by_stow,
    studies_of_a_week,
    study_move,
    study_pages,
    study_retrieval,
)
from tests.benchmarks.archive.meridian import Meridian, running_meridian
from tests.benchmarks.archive.orthanc import Variant, running_orthanc
from tests.benchmarks.archive.peers import Peer
from tests.benchmarks.archive.report import Figures, growth_table, peers_table, write_document
from tests.benchmarks.archive.rows import add_studies
from tests.installation import free_port
from tests.servers import PROJECT
from tests.tools import require_tool

DOCUMENT = PROJECT / "docs" / "benchmarks.md"
GROWTH = (1_000, 10_000, 100_000, 1_000_000)


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="Measure Meridian beside Orthanc.")
    parser.add_argument("--quick", action="store_true", help="smaller numbers, one turn; the document stays as it is")
    parser.add_argument("--alone", action="store_true", help="without Orthanc; the document stays as it is")
    parser.add_argument("--only", default="", help="rows whose name contains this; the document stays as it is")
    parser.add_argument("--turns", type=int, default=3, help="A-B-A-B: how often each archive has its turn")
    parser.add_argument("--no-growth", action="store_true", help="leave out how Meridian grows")
    options = parser.parse_args(arguments)
    os.umask(0o022)
    with tempfile.TemporaryDirectory(prefix="meridian-bench-") as place:
        text = _run(Path(place), options)
    print(text)
    if not (options.quick or options.alone or options.only or options.no_growth):
        write_document(DOCUMENT, text)
    return 0


def _run(folder: Path, options: argparse.Namespace) -> str:
    move_port = free_port()
    files = folder / "files"
    with ExitStack() as stack:
        meridian = stack.enter_context(running_meridian(folder, move_port=move_port))
        peers = [meridian.peer]
        if not options.alone:
            for number, variant in enumerate(_variants(meridian)):
                place = folder / f"orthanc{number}"
                peers.append(stack.enter_context(running_orthanc(variant, folder=place, move_port=move_port)))
        measures = [
            measure for measure in _measures(files, move_port, quick=options.quick) if options.only in measure.row
        ]
        figures = _in_turns(measures, peers, meridian, turns=1 if options.quick else options.turns, quick=options.quick)
        text = peers_table(measures, peers, figures)
        if not options.no_growth and not options.quick:
            text += "\n\n" + _growth(meridian, files)
    return text


def _variants(meridian: Meridian) -> list[Variant]:
    return [
        Variant("Orthanc as installed", disables_nagle=False),
        Variant("Orthanc + PostgreSQL", disables_nagle=True, database_url=meridian.orthanc_database_url),
        Variant("Orthanc + SQLite", disables_nagle=True),
    ]


def _measures(files: Path, move_port: int, *, quick: bool) -> list[Measure]:
    part = 4 if quick else 1
    studies = 500 if quick else 5_000
    of_sizes = lambda small, large: {SMALL: small // part, LARGE: large // part}  # noqa: E731
    stow = {SMALL: (400 // part, 50), LARGE: (80 // part, 10)}
    destination = partial(_destination, move_port)
    store = partial(storing, folder=files)
    return [
        store("one association, default client", associations=1, disables_nagle=False, numbers=of_sizes(120, 80)),
        store("one association, NODELAY", associations=1, disables_nagle=True, numbers=of_sizes(400, 120)),
        store("4 associations, NODELAY", associations=4, disables_nagle=True, numbers=of_sizes(800, 240)),
        storing_by_stow("STOW-RS, 50 / 10 a request", numbers=stow),
        study_retrieval(200 // part),
        series_metadata(1_000 // part),
        frames(200 // part),
        study_pages(studies, times=200 // part),
        studies_of_a_week(studies, times=20 // part),
        study_move(200 // part, destination=destination),
    ]


def _in_turns(
    measures: list[Measure], peers: list[Peer], meridian: Meridian, *, turns: int, quick: bool
) -> dict[str, Figures]:
    """Return row -> archive -> figure -> values, one a turn."""
    if any("studies" in measure.row for measure in measures):
        studies = 500 if quick else 5_000
        add_studies(meridian.superuser_url, studies=studies)
        for peer in peers[1:]:
            _say(f"{peer.name}: {studies} studies")
            fill_by_stow(peer, studies=studies)
    found: dict[str, Figures] = {}
    for measure in measures:
        prepared = {peer.name: measure.prepare(peer) for peer in peers}
        for _ in range(turns):
            for peer in peers:
                for name, value in measure.run(peer, prepared[peer.name]).items():
                    found.setdefault(measure.row, {}).setdefault(peer.name, {}).setdefault(name, []).append(value)
                _say(f"{measure.row}: {peer.name}: {found[measure.row][peer.name]}")
    return found


def _growth(meridian: Meridian, files: Path) -> str:
    """Measure Meridian again with more rows; whoever grows with them shows it."""
    measures = [
        storing("one association, NODELAY", associations=1, disables_nagle=True, numbers={SMALL: 200}, folder=files),
        study_retrieval(100),
        series_metadata(1_000),
        study_pages(0, times=200),
        studies_of_a_week(0, times=20),
    ]
    held, rows = _instances(meridian), []
    for size in GROWTH:
        add_studies(meridian.superuser_url, studies=max(size - held, 0))
        held = max(size, held)
        figures = [measure.run(meridian.peer, measure.prepare(meridian.peer)) for measure in measures]
        rows.append((size, figures))
        _say(f"{size} instances: {figures}")
    return growth_table(measures, rows)


def _instances(meridian: Meridian) -> int:
    import psycopg

    with psycopg.connect(meridian.superuser_url) as connection:
        row = connection.execute("select count(*) from archive_instance").fetchone()
    return row[0] if row else 0


@contextmanager
def _destination(port: int) -> Iterator[None]:
    """A storescp that takes everything and keeps nothing."""
    process = subprocess.Popen(
        [require_tool("storescp"), "--ignore", "-aet", "BENCHMOVE", "-pdu", "131072", str(port)],
        env=os.environ | {"TCP_NODELAY": "1"},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        time.sleep(0.3)
        yield
    finally:
        process.kill()
        process.wait()


def _say(text: str) -> None:
    print(f"  {text}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
