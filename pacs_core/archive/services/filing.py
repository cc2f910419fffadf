"""File instances of one study: patient, study, series and instance rows, and what contradicts them."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from django.apps import apps
from django.conf import settings
from django.db import models
from django.utils import timezone

from pacs_core.archive.conflict_reasons import CONFLICT_REASONS
from pacs_core.archive.errors import StudyNotFileable
from pacs_core.archive.files import file_at_hand
from pacs_core.archive.models import Instance, Patient, ReceivedInstance, Series, Study
from pacs_core.archive.selectors.standing import holds_the_same
from pacs_core.archive.services.patients import (
    identify_patient,
    names_patient_of,
    note_identifiers,
    owners_of,
    patient_key,
    was_corrected,
)
from pacs_core.archive.services.rejected_arrivals import follow_rejections
from pacs_core.archive.services.shown import sorted_modalities
from pacs_core.standards.dicom.header import InstanceHeader
from pacs_core.standards.vocabulary import PRIORITIES

Row = TypeVar("Row", bound=models.Model)


@dataclass(frozen=True)
class ReadInstance:
    """A received instance whose header was read."""

    received: ReceivedInstance
    header: InstanceHeader
    metadata: dict[str, Any]


@dataclass
class Filed:
    """What became of a batch; `refused` holds what contradicts the archive by CONFLICT_REASONS."""

    study: Study
    is_new_study: bool
    indexed: list[ReadInstance] = field(default_factory=list)
    duplicates: list[ReadInstance] = field(default_factory=list)
    refused: dict[str, list[ReadInstance]] = field(default_factory=dict)
    # Of those indexed, how many no rejection note hides, and whether they are the first of the study to be seen.
    shown: int = 0
    is_first_shown: bool = False

    def refuse(self, item: ReadInstance, reason_code: str) -> None:
        self.refused.setdefault(reason_code, []).append(item)


def file_batch(*, batch: list[ReadInstance], hospital_id: int) -> Filed:
    """File instances of one StudyInstanceUID in the caller's transaction, which holds the study's lock.

    Raises StudyNotFileable when the whole study contradicts what the archive holds.
    """
    hospital = apps.get_model(settings.TENANT_MODEL).objects.get(pk=hospital_id)
    filed = _find_or_create_study(batch, hospital)
    candidates = [item for item in batch if _belongs_to_patient(item, filed, hospital)]
    series_by_uid = _find_or_create_series(candidates, filed)
    candidates = [item for item in candidates if _belongs_to_series(item, filed, series_by_uid)]
    _file_instances(candidates, filed, series_by_uid)
    _update_counts(filed, series_by_uid, hospital)
    follow_rejections(filed, series_by_uid.values())
    return filed


def _patient_of(header: InstanceHeader, hospital: Any) -> Patient:
    issuer, patient_id = patient_key(header, hospital)
    return identify_patient(
        hospital_id=hospital.pk,
        patient_id=patient_id,
        issuer_of_patient_id=issuer,
        name=header.patient_name,
        birth_date=header.birth_date,
        sex=header.sex,
    )


def _known_patient_of(header: InstanceHeader, hospital: Any) -> Patient | None:
    """Return the patient whose other numbers a later header may bring; None where it brings none."""
    if not header.other_identifiers:
        return None
    issuer, patient_id = patient_key(header, hospital)
    return Patient.objects.filter(hospital=hospital, issuer_of_patient_id=issuer, patient_id=patient_id).first()


def _find_or_create_study(batch: list[ReadInstance], hospital: Any) -> Filed:
    header = batch[0].header
    uid = header.study_instance_uid
    is_new = not Study.kept.filter(study_instance_uid=uid).exists()
    # Before the study is locked, as merges lock patients first.
    patient = _patient_of(header, hospital) if is_new else _known_patient_of(header, hospital)
    if patient is not None:
        note_identifiers(patient, header.other_identifiers)
    if is_new:
        study = Study(hospital=hospital, **owners_of(patient), **_study_fields(header, hospital))
        study.first_received_at = study.last_received_at = batch[0].received.received_at
        study.corrected_at = timezone.now() if study.identified_as or was_corrected(study.patient) else None
        Study.kept.bulk_create([study], ignore_conflicts=True)
    # Locked, as completion and moves write the row too; the study's advisory lock is already held. Its patients are
    # read afterwards: PostgreSQL drops a joined row from the answer when a move that it waited for changed the join.
    study = Study.kept.select_for_update(no_key=True, of=("self",)).filter(study_instance_uid=uid).first()
    if study is None:
        raise StudyNotFileable("study_of_other_hospital", CONFLICT_REASONS["study_of_other_hospital"])
    return Filed(study, is_new)


def _study_fields(header: InstanceHeader, hospital: Any) -> dict[str, Any]:
    code = header.procedure_code
    return {
        "study_instance_uid": header.study_instance_uid,
        "accession_number": header.accession_number[:64],
        "issuer_of_accession_number": (header.issuer_of_accession_number or hospital.issuer_of_accession_number)[:64],
        "study_at": _as_utc(header.study_date_time, hospital.zone),
        "description": (header.study_description or header.requested_procedure_description)[:64],
        "body_part": header.body_part_examined[:64],
        "laterality": header.laterality,
        "referring_physician_name": header.referring_physician_name[:324],
        "procedure_code": code.value[:64] if code else "",
        "priority": header.priority or "routine",
        "expected_instances": header.number_of_study_related_instances,
    }


def _as_utc(local: datetime | None, zone: ZoneInfo) -> datetime | None:
    """Read a naive time in the hospital's zone; a year that leaves the calendar in UTC is no date."""
    if local is None:
        return None
    try:
        return (local if local.tzinfo else local.replace(tzinfo=zone)).astimezone(UTC)
    except OverflowError:
        return None


def _belongs_to_patient(item: ReadInstance, filed: Filed, hospital: Any) -> bool:
    if names_patient_of(filed.study, item.header, hospital):
        return True
    filed.refuse(item, "patient_mismatch")
    return False


def _find_or_create_series(batch: list[ReadInstance], filed: Filed) -> dict[str, Series]:
    headers = {item.header.series_instance_uid: item.header for item in reversed(batch)}
    known = _rows_by(Series.kept.filter(series_instance_uid__in=headers), "series_instance_uid")
    Series.kept.bulk_create(
        [
            Series(
                hospital_id=filed.study.hospital_id,
                study=filed.study,
                series_instance_uid=uid,
                modality=header.modality[:16],
                series_number=header.series_number,
                description=(header.series_description or header.protocol_name)[:64],
                body_part=header.body_part_examined[:64],
            )
            for uid, header in headers.items()
            if uid not in known
        ],
        ignore_conflicts=True,
    )
    return _rows_by(Series.kept.filter(series_instance_uid__in=headers), "series_instance_uid")


def _belongs_to_series(item: ReadInstance, filed: Filed, series_by_uid: dict[str, Series]) -> bool:
    series = series_by_uid.get(item.header.series_instance_uid)
    if series is not None and series.study_id == filed.study.pk:
        return True
    filed.refuse(item, "series_of_other_study" if series else "series_of_other_hospital")
    return False


def _file_instances(batch: list[ReadInstance], filed: Filed, series_by_uid: dict[str, Series]) -> None:
    held = _held(batch)
    fresh: dict[str, ReadInstance] = {}
    for item in batch:
        if item.header.sop_instance_uid not in held:
            fresh.setdefault(item.header.sop_instance_uid, item)
    Instance.kept.bulk_create(
        [_instance_row(item, series_by_uid[item.header.series_instance_uid]) for item in fresh.values()],
        ignore_conflicts=True,
    )
    held = _held(batch)
    for item in batch:
        instance = held.get(item.header.sop_instance_uid)
        if reason_code := _contradiction(item, instance, filed.study):
            filed.refuse(item, reason_code)
        elif fresh.get(item.header.sop_instance_uid) is item:
            filed.indexed.append(item)
        else:
            filed.duplicates.append(item)


def _held(batch: list[ReadInstance]) -> dict[str, Instance]:
    uids = [item.header.sop_instance_uid for item in batch]
    rows = Instance.kept.filter(sop_instance_uid__in=uids).select_related("series").defer("metadata")
    return _rows_by(rows, "sop_instance_uid")


def _contradiction(item: ReadInstance, instance: Instance | None, study: Study) -> str:
    """Return how the instance contradicts the one that is filed under its UID, "" when they are the same."""
    if instance is None:
        return "instance_of_other_hospital"
    if instance.series.study_id != study.pk:
        return "instance_of_other_study"
    received = item.received
    if received.sha256 == instance.sha256 or instance.versions.filter(sha256=received.sha256).exists():
        return ""
    is_same = holds_the_same(instance.file_path, file_at_hand(received.file_path))
    return "" if is_same else "content_differs"


def _instance_row(item: ReadInstance, series: Series) -> Instance:
    header, received = item.header, item.received
    return Instance(
        hospital_id=received.hospital_id,
        series=series,
        sop_instance_uid=header.sop_instance_uid,
        sop_class_uid=header.sop_class_uid,
        transfer_syntax_uid=header.transfer_syntax_uid,
        instance_number=header.instance_number,
        number_of_frames=header.number_of_frames,
        rows=header.rows,
        columns=header.columns,
        file_path=received.file_path,
        size_bytes=received.size_bytes,
        sha256=received.sha256,
        metadata=item.metadata,
        received_at=received.received_at,
    )


def _update_counts(filed: Filed, series_by_uid: dict[str, Series], hospital: Any) -> None:
    """Add what was filed to the counts, and let later headers fill in what the first one left out."""
    if not filed.indexed:
        return
    added = Counter(item.header.series_instance_uid for item in filed.indexed)
    for uid, number in added.items():
        Series.kept.filter(pk=series_by_uid[uid].pk).update(
            number_of_instances=models.F("number_of_instances") + number
        )
    study = filed.study
    if study.images_deleted_at:
        # A retention rule had let them go; who sends them again wants them to be seen.
        study.images_deleted_at, study.is_hidden = None, False
    study.number_of_instances += len(filed.indexed)
    study.number_of_series = study.series.filter(number_of_instances__gt=0).count()
    study.last_received_at = max(study.last_received_at, *(item.received.received_at for item in filed.indexed))
    found = {item.header.modality[:16] for item in filed.indexed} - {""}
    study.modalities = sorted_modalities(found | set(study.modalities))
    for item in filed.indexed:
        _fill_in(study, _study_fields(item.header, hospital))
    study.save()


def _fill_in(study: Study, fields: dict[str, Any]) -> None:
    # Some senders count up as they send.
    study.expected_instances = max(study.expected_instances or 0, fields["expected_instances"] or 0) or None
    for name, value in fields.items():
        if value and not getattr(study, name):
            setattr(study, name, value)
    if PRIORITIES.index(fields["priority"]) < PRIORITIES.index(study.priority):
        study.priority = fields["priority"]


def _rows_by(rows: "models.QuerySet[Row]", name: str) -> dict[str, Row]:
    return {getattr(row, name): row for row in rows}


def mark_filed(filed: Filed) -> None:
    """Write what became of the received rows."""
    now = timezone.now()
    for items, outcome in (
        (filed.indexed, ReceivedInstance.Outcome.INDEXED),
        (filed.duplicates, ReceivedInstance.Outcome.DUPLICATE),
    ):
        ReceivedInstance.objects.filter(pk__in=[item.received.pk for item in items]).update(
            outcome=outcome, indexed_at=now
        )
