"""Put studies on a medium: a folder or a ZIP with a DICOMDIR (PS3.10 8), the files as received or corrected since."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from django.db.models import F

from pacs_core.archive.errors import ArchiveError
from pacs_core.archive.files import file_at_hand, sha256_of_dataset, stored_path
from pacs_core.archive.media.errors import StoredFilesDamaged, StudyNotFound, TargetNotUsable
from pacs_core.archive.media.sources import DIRECTORY_FILE
from pacs_core.archive.media.zip_stream import Entry, zip_pieces
from pacs_core.archive.models import Instance, Study
from pacs_core.archive.selectors.corrections import corrections_of
from pacs_core.archive.services.corrections import leaving_file
from pacs_core.archive.storage.bucket import has_bucket
from pacs_core.audit.services import record_audit
from pacs_core.standards.dicom.coercion import Corrections
from pacs_core.standards.dicom.errors import DicomError
from pacs_core.standards.dicom.media_directory import MediaDirectory
from pacs_core.standards.dicom.reading import read_without_pixels

CHUNK_BYTES = 1024**2


@dataclass(frozen=True)
class StoredFile:
    """An instance's file, relative to STORAGE_ROOT; `sha256` of its data set, as it was received; its corrections."""

    sop_instance_uid: str
    file_path: str
    sha256: str
    corrections: Corrections | None = None

    @property
    def is_missing(self) -> bool:
        """Tell without fetching it; what a bucket has not is found out when it is read."""
        return not has_bucket() and not stored_path(self.file_path).is_file()

    @property
    def is_as_received(self) -> bool:
        try:
            return sha256_of_dataset(file_at_hand(self.file_path)) == self.sha256
        except (OSError, ArchiveError):
            return False


def study_named(identifier: str) -> Study:
    """Return the visible study with this StudyInstanceUID or accession number; raises StudyNotFound."""
    found = Study.objects.select_related("hospital")
    of_number = found.filter(accession_number=identifier).order_by("study_instance_uid")
    studies = list(found.filter(study_instance_uid=identifier)[:1] or of_number[:10])
    if not studies:
        raise StudyNotFound(f"No study has the UID or accession number {identifier}. Maybe another hospital's.")
    if len(studies) > 1:
        uids = ", ".join(study.study_instance_uid for study in studies)
        raise StudyNotFound(f"Several studies have the accession number {identifier}. Maybe name one of {uids}.")
    return studies[0]


def files_of(study: Study) -> list[StoredFile]:
    """Return the study's files in the order of its series and images."""
    rows = (
        Instance.objects.filter(series__study=study)
        .order_by("series__series_number", "series_id", F("instance_number").asc(nulls_last=True), "pk")
        .values_list("pk", "sop_instance_uid", "file_path", "sha256")
    )
    corrections = corrections_of(Instance.objects.filter(series__study=study)) if study.corrected_at else {}
    return [StoredFile(*row, corrections.get(pk)) for pk, *row in rows]


def paths_of(files: Iterable[StoredFile]) -> Iterator[Path]:
    """Yield where each file is, fetched when its turn comes; raises StoredFilesDamaged at one that is not there."""
    for file in files:
        try:
            yield leaving_file(file.file_path, file.corrections)
        except (OSError, ArchiveError, DicomError) as error:
            raise StoredFilesDamaged(f"The stored file of {file.sop_instance_uid} cannot be read.") from error


def medium_entries(paths: Iterable[Path]) -> Iterator[Entry]:
    """Yield (name on the medium, pieces) of each file, and the DICOMDIR that names them as the last one.

    Raises StoredFilesDamaged at a file that cannot be read.
    """
    directory = MediaDirectory()
    for path in paths:
        try:
            header, layout = read_without_pixels(path)
        except (OSError, DicomError) as error:
            raise StoredFilesDamaged("A stored file is missing or cannot be read.") from error
        yield "/".join(directory.add(header, transfer_syntax_uid=layout.transfer_syntax_uid)), pieces_of(path)
    yield DIRECTORY_FILE, [directory.encoded()]


def pieces_of(path: Path) -> Iterator[bytes]:
    with path.open("rb") as stream:
        while piece := stream.read(CHUNK_BYTES):
            yield piece


def export_study(*, study: Study, target: Path, written_at: datetime) -> int:
    """Write the study to `target`, a ZIP by its name or else a new folder; return the number of instances.

    Every file is compared with what was received first; nothing is written when one differs. A ZIP appears whole or not
    at all; a folder is whole once it has its DICOMDIR. Raises TargetNotUsable, StoredFilesDamaged, or OSError.
    """
    is_zip = target.suffix.lower() == ".zip"
    if target.is_file() or (target.is_dir() and (is_zip or any(target.iterdir()))):
        raise TargetNotUsable(f"There is something at {target} already. Maybe name a new file or an empty folder.")
    files = files_of(study)
    if damaged := [file.sop_instance_uid for file in files if not file.is_as_received]:
        raise StoredFilesDamaged(
            f"{len(damaged)} of {len(files)} stored files are missing or changed: {', '.join(damaged[:5])}. "
            "Maybe look at the health of the storage."
        )
    if is_zip:
        _write_zip(target, medium_entries(paths_of(files)), written_at)
    else:
        write_folder(target, medium_entries(paths_of(files)))
    audit_export(study, instances=len(files))
    return len(files)


def audit_export(study: Study, *, instances: int) -> None:
    record_audit(
        action="images.exported",
        object_type="study",
        object_id=study.pk,
        hospital_id=study.hospital_id,
        detail={"instances": instances},
    )


def _write_zip(target: Path, entries: Iterable[Entry], written_at: datetime) -> None:
    unfinished = target.with_name(f".{target.name}.unfinished")
    try:
        with unfinished.open("wb") as stream:
            for piece in zip_pieces(entries, written_at=written_at):
                stream.write(piece)
        unfinished.rename(target)
    finally:
        unfinished.unlink(missing_ok=True)


def write_folder(target: Path, entries: Iterable[Entry]) -> None:
    """Write the entries below a folder; the DICOMDIR comes last and makes the medium complete."""
    for name, pieces in entries:
        path = target / name
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("xb") as stream:
            for piece in pieces:
                stream.write(piece)
