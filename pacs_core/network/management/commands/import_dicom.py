"""Import files: `import_dicom /media/cd --hospital NORTH`; killed, it goes on when it is started again."""

import time
from argparse import ArgumentParser
from collections import Counter
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from pacs_core.archive.media.errors import MediaError
from pacs_core.archive.media.importing import KNOWN, PASSED_OVER, REFUSED, TAKEN, ImportResult, import_files
from pacs_core.archive.media.sources import sources_of
from pacs_core.network.errors import NetworkError
from pacs_core.network.nodes.services import hospital_of_code

SOME_REFUSED, STOPPED = 1, 2
PROGRESS_SECONDS = 2.0
REFUSALS_SHOWN = 20


class Command(BaseCommand):
    help = (
        "Import a folder, a ZIP or what a DICOMDIR names into a hospital's archive. Started again, it goes on where it "
        "was. Ends with 0 when everything was taken or known, 1 when something was refused, 2 when it had to stop."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("path", type=Path, help="a folder (with all below it), a ZIP, a DICOMDIR or one file")
        parser.add_argument("--hospital", required=True, help="the code of the hospital whose images these are")
        parser.add_argument("--as-priors", action="store_true", help="file as priors: nothing is opened to be read")
        parser.add_argument("--dry-run", action="store_true", help="read and check everything, write nothing")

    def handle(self, *args: Any, **options: Any) -> None:
        progress = _Progress(self)
        try:
            hospital = hospital_of_code(code=options["hospital"])
            progress.count(options["path"])
            result = import_files(
                sources=sources_of(options["path"]),
                hospital_id=hospital.pk,
                as_priors=options["as_priors"],
                dry_run=options["dry_run"],
                on_file=progress.tell_now_and_then,
            )
        except (MediaError, NetworkError) as error:
            raise CommandError(str(error), returncode=STOPPED) from error
        self._sum_up(result, dry_run=options["dry_run"])
        if result.counts[REFUSED]:
            raise CommandError(f"{result.counts[REFUSED]:,} files were refused.", returncode=SOME_REFUSED)

    def _sum_up(self, result: ImportResult, *, dry_run: bool) -> None:
        counts, taken = result.counts, "would be taken" if dry_run else "taken"
        self.stdout.write(
            f"{counts[TAKEN]:,} {taken}, {counts[KNOWN]:,} known already, {counts[REFUSED]:,} refused, "
            f"{counts[PASSED_OVER]:,} no DICOM and passed over."
        )
        for name, reason in result.refusals[:REFUSALS_SHOWN]:
            self.stdout.write(f"  refused: {name}: {reason}")
        if len(result.refusals) > REFUSALS_SHOWN:
            reasons = Counter(reason for _, reason in result.refusals[REFUSALS_SHOWN:])
            for reason, times in reasons.most_common(REFUSALS_SHOWN):
                self.stdout.write(f"  and {times:,} more: {reason}")
        if counts[TAKEN] and not dry_run:
            self.stdout.write("The worker is filing them; what contradicts the archive comes up under Quarantine.")


class _Progress:
    """Says how far it is, how fast, and how long it may still take."""

    def __init__(self, command: BaseCommand) -> None:
        self.command, self.files, self.size_bytes = command, 0, 0
        self.started_at = self.told_at = time.monotonic()

    def count(self, path: Path) -> None:
        for source in sources_of(path):
            self.files += 1
            self.size_bytes += source.size_bytes
        self.command.stdout.write(f"{self.files:,} files, {_megabytes(self.size_bytes)}.")
        self.started_at = self.told_at = time.monotonic()

    def tell_now_and_then(self, result: ImportResult) -> None:
        now = time.monotonic()
        if now - self.told_at < PROGRESS_SECONDS:
            return
        self.told_at, elapsed = now, now - self.started_at
        rate = result.size_bytes / elapsed
        left = (self.size_bytes - result.size_bytes) / rate if rate else 0.0
        self.command.stdout.write(
            f"{result.files:,} of {self.files:,} files, {_megabytes(result.size_bytes)}, "
            f"{result.files / elapsed:,.0f} files and {_megabytes(rate)} a second, about {_duration(left)} left."
        )


def _megabytes(size_bytes: float) -> str:
    return f"{size_bytes / 1e6:,.1f} MB"


def _duration(seconds: float) -> str:
    return (
        f"{seconds:.0f} s"
        if seconds < 90
        else f"{seconds / 60:.0f} min"
        if seconds < 5400
        else f"{seconds / 3600:.1f} h"
    )
