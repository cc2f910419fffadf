"""Import files into a hospital's archive: each goes through the same door as what a scanner sends.

Killed and started again, an import goes on by itself: what is known already is told by its identity and digest, read
and passed over. There is no list of what was done that could be wrong.
"""

import lzma
import zipfile
import zlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from django.conf import settings
from django.db import DatabaseError
from django.db.models import Exists, OuterRef, Q, QuerySet

from pacs_core.access.scopes import hospital_scope, open_scope
from pacs_core.archive.errors import ArchiveError, InstanceRefused, NothingKept
from pacs_core.archive.files import file_at_hand, sha256_of_dataset
from pacs_core.archive.media.errors import ImportStopped
from pacs_core.archive.media.sources import ImportSource
from pacs_core.archive.models import Instance, QuarantinedInstance, ReceivedInstance
from pacs_core.archive.services.receive import receive_instance
from pacs_core.archive.spool import SpoolFile
from pacs_core.audit.services import record_audit
from pacs_core.standards.dicom.errors import DicomError
from pacs_core.standards.dicom.header import InstanceHeader, read_header
from pacs_core.standards.dicom.preamble import LOOKED_AT, missing_head

# ReceivedInstance.source: images that wait for a reader, and earlier ones that are filed as priors.
SOURCE, SOURCE_OF_PRIORS = "import", "priors"
PROCESS = "import"
CHUNK_BYTES = 1024**2
# Studies whose known instances are remembered, so that a large one is not asked for with each of its files.
STUDIES_REMEMBERED = 50
REFUSALS_KEPT = 1000
FILED = (ReceivedInstance.Outcome.INDEXED, ReceivedInstance.Outcome.DUPLICATE)

# What a damaged file or member of a ZIP raises, by how it was packed.
UNREADABLE = (OSError, EOFError, zipfile.BadZipFile, zlib.error, lzma.LZMAError, NotImplementedError)

TAKEN, KNOWN, REFUSED, PASSED_OVER = "taken", "known", "refused", "passed over"


@dataclass
class ImportResult:
    """What became of the files so far; `refusals` are the first ones as (file, reason)."""

    counts: Counter[str] = field(default_factory=Counter)
    size_bytes: int = 0
    refusals: list[tuple[str, str]] = field(default_factory=list)

    @property
    def files(self) -> int:
        return self.counts.total()

    def note(self, source: ImportSource, outcome: str, reason: str = "") -> None:
        self.counts[outcome] += 1
        self.size_bytes += source.size_bytes
        if outcome == REFUSED and len(self.refusals) < REFUSALS_KEPT:
            self.refusals.append((source.name, reason))


def import_files(
    *,
    sources: Iterable[ImportSource],
    hospital_id: int,
    as_priors: bool = False,
    dry_run: bool = False,
    on_file: Callable[[ImportResult], None] = lambda result: None,
) -> ImportResult:
    """Import each file in a transaction of its own; `on_file` hears after each.

    What is DICOM and cannot be filed goes into quarantine, what is no DICOM is passed over. With `as_priors` nothing is
    opened to be read; with `dry_run` nothing is written. Raises ImportStopped when the rest would fail too.
    """
    run = _Run(hospital_id, SOURCE_OF_PRIORS if as_priors else SOURCE, dry_run)
    try:
        for source in sources:
            run.take(source)
            on_file(run.result)
    finally:
        run.audit()
    return run.result


class _Run:
    def __init__(self, hospital_id: int, source_name: str, dry_run: bool) -> None:
        self.hospital_id, self.source_name, self.dry_run = hospital_id, source_name, dry_run
        self.scope = hospital_scope(process=PROCESS, hospital_id=hospital_id)
        self.result = ImportResult()
        self._known: dict[str, set[tuple[str, str]]] = {}

    def take(self, source: ImportSource) -> None:
        if source.trouble:
            self.result.note(source, REFUSED, source.trouble)
            return
        try:
            self.result.note(source, *self._outcome(source))
        except (NothingKept, DatabaseError) as error:
            raise _stopped(error) from error
        except UNREADABLE as error:
            self.result.note(source, REFUSED, f"it cannot be read ({type(error).__name__})")

    def _outcome(self, source: ImportSource) -> tuple[str, str]:
        with source.open() as stream:
            head = missing_head(stream.read(LOOKED_AT))
        if head is None:
            return PASSED_OVER, ""
        if source.size_bytes > settings.STOW_MAXIMUM_BYTES:
            return REFUSED, f"it is larger than {settings.STOW_MAXIMUM_BYTES} bytes"
        with _readable(source, head) as (path, spool):
            header, reason = _header_or_reason(path)
            if self._is_known(path, header):
                return KNOWN, ""
            if self.dry_run:
                return (REFUSED, reason) if reason else (TAKEN, "")
            spool = spool or _copied(source, head)
            try:
                return self._receive(spool, header)
            finally:
                spool.discard()

    def _receive(self, spool: SpoolFile, header: InstanceHeader | None) -> tuple[str, str]:
        spool.finish()
        with open_scope(self.scope):
            try:
                received = receive_instance(
                    spool_path=spool.path, hospital_id=self.hospital_id, source=self.source_name
                )
            except NothingKept:
                raise
            except InstanceRefused as refusal:
                return REFUSED, str(refusal)  # inside the scope, so that the quarantine row commits
        if header is not None and header.study_instance_uid in self._known:
            self._known[header.study_instance_uid].add((received.sop_instance_uid, received.sha256))
        return TAKEN, ""

    def _is_known(self, path: Path, header: InstanceHeader | None) -> bool:
        """Tell whether this content was received, or set aside by an earlier run."""
        digest = sha256_of_dataset(path)
        with open_scope(self.scope):
            if header is None:
                return self._is_set_aside(path.stat().st_size, digest)
            study = header.study_instance_uid
            if study not in self._known:
                if len(self._known) >= STUDIES_REMEMBERED:
                    self._known.clear()
                self._known[study] = self._known_of(study)
        return (header.sop_instance_uid, digest) in self._known[study]

    def _known_of(self, study_instance_uid: str) -> set[tuple[str, str]]:
        """Return (SOPInstanceUID, digest) of what was received of a study, and of what an import set aside.

        What was filed and is gone since, deleted by a rule or damaged, is taken again.
        """
        held = Instance.kept.filter(sop_instance_uid=OuterRef("sop_instance_uid"), damage="")
        rows = ReceivedInstance.objects.filter(
            ~Q(outcome__in=FILED) | Exists(held), hospital_id=self.hospital_id, study_instance_uid=study_instance_uid
        )
        aside = self._set_aside().filter(study_instance_uid=study_instance_uid)
        return set(rows.values_list("sop_instance_uid", "sha256")) | {
            (uid, _digest_or_none(path) or "") for uid, path in aside.values_list("sop_instance_uid", "file_path")
        }

    def _is_set_aside(self, size_bytes: int, digest: str) -> bool:
        paths = self._set_aside().filter(size_bytes=size_bytes).values_list("file_path", flat=True)
        return any(_digest_or_none(path) == digest for path in paths)

    def _set_aside(self) -> QuerySet[QuarantinedInstance]:
        return QuarantinedInstance.objects.filter(hospital_id=self.hospital_id, source__in=(SOURCE, SOURCE_OF_PRIORS))

    def audit(self) -> None:
        if self.dry_run or not self.result.files:
            return
        detail = {name.replace(" ", "_"): number for name, number in sorted(self.result.counts.items())}
        try:
            with open_scope(self.scope):
                record_audit(
                    action="images.imported",
                    object_type="hospital",
                    object_id=self.hospital_id,
                    hospital_id=self.hospital_id,
                    detail=detail | {"as_priors": self.source_name == SOURCE_OF_PRIORS},
                )
        except DatabaseError as error:
            raise _stopped(error) from error


def _stopped(error: NothingKept | DatabaseError) -> ImportStopped:
    words = str(error) if isinstance(error, NothingKept) else "The database is away."
    return ImportStopped(f"{words} Run the same import again to go on.")


@contextmanager
def _readable(source: ImportSource, head: bytes) -> Iterator[tuple[Path, SpoolFile | None]]:
    """Give the file as a path: its own where it is whole, else that of a spool file, which is given too."""
    if source.path is not None and not head:
        yield source.path, None
        return
    spool = _copied(source, head)
    try:
        spool.finish()
        yield spool.path, spool
    finally:
        spool.discard()


def _copied(source: ImportSource, head: bytes) -> SpoolFile:
    spool = SpoolFile("import")
    try:
        spool.write(head)
        with source.open() as stream:
            while chunk := stream.read(CHUNK_BYTES):
                spool.write(chunk)
    except BaseException:
        spool.discard()
        raise
    return spool


def _digest_or_none(file_path: str) -> str | None:
    try:
        return sha256_of_dataset(file_at_hand(file_path))
    except (OSError, ArchiveError):
        return None


def _header_or_reason(path: Path) -> tuple[InstanceHeader | None, str]:
    try:
        return read_header(path), ""
    except DicomError as error:
        return None, str(error)
