"""Carry out an export: copy instance by instance, then pack or send the copies; it goes on after any interruption."""

import logging
import shutil
import time
from collections import Counter
from pathlib import Path

from django.conf import settings
from django.utils import timezone

from pacs_core.access.scopes import hospital_scope, open_scope
from pacs_core.archive.errors import ArchiveError
from pacs_core.archive.services.corrections import leaving_file
from pacs_core.network.outbound import jobs
from pacs_core.network.outbound.association import NothingSent
from pacs_core.network.research.delivery import PROCESS, NotEverythingHere, pack, send
from pacs_core.network.research.errors import KeyNotReadable
from pacs_core.network.research.keys import pseudonyms_of
from pacs_core.network.research.models import DeidentifiedExport, ResearchProject
from pacs_core.network.research.selectors import Original, originals_left
from pacs_core.network.research.services import announce, audit_end, enqueue
from pacs_core.standards.dicom.deidentification.header import Deidentifier, NotDeidentifiable
from pacs_core.standards.dicom.deidentification.part10 import deidentified_copy
from pacs_core.standards.dicom.errors import DicomError

logger = logging.getLogger(__name__)

ATTEMPTS = 6
LONGEST_RUN_SECONDS = 240
PROGRESS_EVERY = 20


class _TimeIsUp(Exception):
    """The run has lasted long enough: the rest goes on in another one."""


def make_export(*, export_id: int, hospital_id: int) -> None:
    """Copy what is left, then deliver; safe to call at any time and twice: one worker takes the export."""
    scope = hospital_scope(process=PROCESS, hospital_id=hospital_id)
    with open_scope(scope):
        export = jobs.take(DeidentifiedExport, export_id)
        if export is None:
            return
        announce(export)
        project = export.project
        originals = originals_left(export)
    folder = folder_of(export)
    folder.mkdir(parents=True, exist_ok=True)
    try:
        _copy_all(export, project, originals, folder)
        delivered = send(export, folder) if export.is_sent_to_node else pack(export, folder)
    except _TimeIsUp:
        _end(export, is_interrupted=True)
    except NotEverythingHere:
        _start_over(export, folder)
    except (NothingSent, KeyNotReadable, ArchiveError) as error:
        _end(export, error=str(error))
    except Exception as error:
        logger.exception("De-identified export %s failed", export.pk)
        _end(export, error=f"Something unexpected stopped it ({type(error).__name__}); the log has more.")
    else:
        _end(export, **delivered)
        shutil.rmtree(folder, ignore_errors=True)


def folder_of(export: DeidentifiedExport) -> Path:
    """Where the copies are until they are delivered; on the worker's own disk."""
    return settings.INCOMING_ROOT / "deidentified" / str(export.pk)


def copies_here() -> list[Path]:
    """Return the folders of copies on this worker's disk."""
    root = settings.INCOMING_ROOT / "deidentified"
    return [folder for folder in root.glob("*") if folder.name.isdecimal()]


def _copy_all(export: DeidentifiedExport, project: ResearchProject, originals: list[Original], folder: Path) -> None:
    pseudonyms, options = pseudonyms_of(project), project.options
    ends_at = time.monotonic() + LONGEST_RUN_SECONDS
    left_out = Counter(export.left_out)
    copied, last_id = export.instances_copied, export.last_instance_id
    for number, original in enumerate(originals, start=1):
        deidentifier = Deidentifier(
            options=options,
            pseudonyms=pseudonyms,
            issuer=original.issuer_of_patient_id,
            patient_id=original.patient_id,
        )
        try:
            deidentified_copy(
                leaving_file(original.file_path, original.corrections),
                folder,
                deidentifier=deidentifier,
                accept_doubtful_pixels=export.accepts_doubtful_pixels,
            )
            copied += 1
        except NotDeidentifiable as reason:
            left_out[str(reason)] += 1
        except (DicomError, FileNotFoundError):
            left_out["its stored file cannot be read"] += 1
        last_id = original.instance_id
        is_late = time.monotonic() > ends_at
        if number % PROGRESS_EVERY == 0 or number == len(originals) or is_late:
            values = {"last_instance_id": last_id, "instances_copied": copied, "left_out": dict(left_out)}
            _note(export, **values)
        if is_late:
            raise _TimeIsUp


def _note(export: DeidentifiedExport, **values: object) -> None:
    with open_scope(hospital_scope(process=PROCESS, hospital_id=export.hospital_id)):
        jobs.write(export, heartbeat_at=timezone.now(), **values)
        announce(export)


def _start_over(export: DeidentifiedExport, folder: Path) -> None:
    """Copies that another machine or run made are not here: make all of them again, some times."""
    shutil.rmtree(folder, ignore_errors=True)
    made = export.attempts + 1
    with open_scope(hospital_scope(process=PROCESS, hospital_id=export.hospital_id)):
        jobs.write(export, last_instance_id=0, instances_copied=0, instances_sent=0, left_out={})
    if made >= ATTEMPTS:
        _end(export, error="The copies were gone whenever they were complete. Maybe workers do not share a disk.")
        return
    with open_scope(hospital_scope(process=PROCESS, hospital_id=export.hospital_id)):
        jobs.write(export, attempts=made)
        jobs.put_back(export)
        enqueue(export)


def _end(export: DeidentifiedExport, *, error: str = "", is_interrupted: bool = False, **delivered: object) -> None:
    with open_scope(hospital_scope(process=PROCESS, hospital_id=export.hospital_id)):
        if is_interrupted:
            jobs.put_back(export)
            enqueue(export)
        elif error:
            if jobs.note_failure(export, error, attempts=ATTEMPTS):
                audit_end(export)
        else:
            jobs.note_done(export, **delivered)
            audit_end(export)
        announce(export)
