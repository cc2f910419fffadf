"""How instances of corrected studies have to read when they leave."""

import json
from typing import Any

from django.db.models import QuerySet

from pacs_core.archive.models import Instance
from pacs_core.archive.services.patients import ISSUER_OF_THE_UNIDENTIFIED
from pacs_core.standards.dicom.coercion import Corrections, corrected_json

_PATIENT = "series__study__patient__"
_COLUMNS = {
    "SOPInstanceUID": "sop_instance_uid",
    "SeriesInstanceUID": "series__series_instance_uid",
    "StudyInstanceUID": "series__study__study_instance_uid",
    "PatientID": f"{_PATIENT}patient_id",
    "PatientName": f"{_PATIENT}name",
    "PatientSex": f"{_PATIENT}sex",
}
_OTHERS = (f"{_PATIENT}birth_date", f"{_PATIENT}issuer_of_patient_id", "series__study__hospital__issuer_of_patient_id")


def corrections_of(rows: QuerySet[Instance]) -> dict[int, Corrections]:
    """Return what has to be corrected by instance id; instances of studies that were never corrected are left out."""
    corrected = rows.filter(series__study__corrected_at__isnull=False).order_by()
    values = corrected.values_list("pk", "series__study__corrected_at", *_OTHERS, *_COLUMNS.values())
    return {
        pk: Corrections(
            _attributes(birth_date, issuer, dict(zip(_COLUMNS, rest, strict=True))),
            corrected_at,
            understood={"IssuerOfPatientID": own_issuer},
        )
        for pk, corrected_at, birth_date, issuer, own_issuer, *rest in values
    }


def _attributes(birth_date: Any, issuer: str, attributes: dict[str, str]) -> dict[str, str]:
    """Add what is no plain column."""
    if birth_date:
        attributes["PatientBirthDate"] = birth_date.strftime("%Y%m%d")
    if issuer == ISSUER_OF_THE_UNIDENTIFIED:
        del attributes["PatientID"]  # it stands in for an empty one
    else:
        attributes["IssuerOfPatientID"] = issuer
    return attributes


def corrected_metadata(text: str, corrections: Corrections) -> str:
    """Return an instance's metadata as stored, in text, as the corrected file has it, with its bulk data addresses."""
    model = json.loads(text)
    before = _address(model)
    corrected = corrected_json(model, corrections)
    written = json.dumps(corrected, ensure_ascii=False)
    return written.replace(f'"BulkDataURI": "{before}/', f'"BulkDataURI": "{_address(corrected)}/')


def _address(model: dict[str, Any]) -> str:
    study, series, instance = (model.get(tag, {}).get("Value", [""])[0] for tag in ("0020000D", "0020000E", "00080018"))
    return f"studies/{study}/series/{series}/instances/{instance}"
