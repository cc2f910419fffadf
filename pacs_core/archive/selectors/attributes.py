"""What the archive says of its rows, in the DICOM JSON model: for QIDO-RS (PS3.18 10.6.3.3) and C-FIND (PS3.4 C.6)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Count, Func, JSONField, OuterRef, Q, QuerySet, Subquery, Sum, Value
from django.db.models.functions import Coalesce

from pacs_core.archive.models import Instance, Patient, Series, Study

Result = dict[str, dict[str, Any]]

# What a level's rows don't hold is taken from the header of one instance below them.
_FROM_HEADER = {
    "study": ("00200010",),  # StudyID
    "series": ("00080021", "00080031", "00181030", "00400244", "00400245", "00400275"),
    "instance": ("00280002", "00280004", "00280100"),
}
_BELONGS_TO_INSTANCE = {
    "patient": Q(series__study__patient=OuterRef("pk")),
    "study": Q(series__study=OuterRef("pk")),
    "series": Q(series=OuterRef("pk")),
    "instance": Q(pk=OuterRef("pk")),
}


def header_tags(level: str, included: Iterable[str]) -> tuple[str, ...]:
    """The tags to take from an instance's header: the level's own and those that a search includes."""
    return tuple(dict.fromkeys((*_FROM_HEADER[level], *included)))


def with_header_values(rows: QuerySet, *, level: str, tags: Iterable[str]) -> QuerySet:
    """Annotate each row with the header elements `tags` as `header_<tag>`, from any one instance of it."""
    below = instances_below(level)
    for tag in tags:
        # Django's own key transform takes a key of digits, as most tags are, for an array's index.
        element = Func("metadata", Value(tag), function="jsonb_extract_path", output_field=JSONField())
        value = below.values_list(element, flat=True)[:1]
        rows = rows.annotate(**{f"header_{tag}": Subquery(value, output_field=JSONField())})
    return rows


def instances_below(level: str) -> QuerySet[Instance]:
    """Return, for a subquery on rows of `level`, the instances below each."""
    return Instance.objects.filter(_BELONGS_TO_INSTANCE[level])


def with_what_is_below(rows: QuerySet, *, level: str, tags: Iterable[str]) -> QuerySet:
    """Annotate what `tags` ask of the studies, series and instances below a patient or a study."""
    tags = set(tags)
    if level == "patient" and tags & {"00201200", "00201202", "00201204"}:
        return rows.annotate(
            number_of_studies=Count("studies", filter=Q(studies__is_hidden=False)),
            number_of_series=Coalesce(Sum("studies__number_of_series"), 0),
            number_of_instances=Coalesce(Sum("studies__number_of_instances"), 0),
        )
    if level == "study" and "00080062" in tags:
        below = Instance.objects.filter(series__study=OuterRef("pk")).order_by("sop_class_uid")
        return rows.annotate(sop_classes=ArraySubquery(below.values_list("sop_class_uid", flat=True).distinct()))
    return rows


def patient_result(patient: Patient) -> Result:
    """Return what identifies a patient, and what with_what_is_below found."""
    result: Result = {}
    _put(result, "00080005", "CS", "ISO_IR 192")
    _put(result, "00100010", "PN", patient.name)
    _put(result, "00100020", "LO", patient.patient_id)
    _put(result, "00100021", "LO", patient.issuer_of_patient_id)
    _put(result, "00100030", "DA", patient.birth_date.strftime("%Y%m%d") if patient.birth_date else None)
    _put(result, "00100040", "CS", patient.sex)
    if hasattr(patient, "number_of_studies"):
        _put(result, "00201200", "IS", patient.number_of_studies)
        _put(result, "00201202", "IS", patient.number_of_series)
        _put(result, "00201204", "IS", patient.number_of_instances)
    return result


def availability_of(study: Study) -> str:
    """Return InstanceAvailability (PS3.3 C.4.23.1.1): images in the bucket's archive class take hours to come."""
    return "NEARLINE" if study.archived_at else "ONLINE"


def study_result(study: Study, *, base: str) -> Result:
    """Return a study's attributes; `study.patient` and `study.hospital` must be loaded."""
    result = patient_result(study.patient)
    if study.study_at:
        local = study.study_at.astimezone(ZoneInfo(study.hospital.time_zone))
        _put(result, "00080020", "DA", local.strftime("%Y%m%d"))
        _put(result, "00080030", "TM", local.strftime("%H%M%S"))
        _put(result, "00080201", "SH", _offset(local))
    else:
        _put(result, "00080020", "DA", None)
        _put(result, "00080030", "TM", None)
    _put(result, "00080050", "SH", study.accession_number)
    _put(result, "00080056", "CS", availability_of(study))
    # Always present, even empty: OHIF calls a study without it "not available".
    result["00080061"] = {"vr": "CS", "Value": list(study.modalities)}
    if hasattr(study, "sop_classes"):
        result["00080062"] = {"vr": "UI", "Value": list(study.sop_classes)}
    _put(result, "00080090", "PN", study.referring_physician_name)
    _put(result, "00081030", "LO", study.description)
    _put(result, "00081190", "UR", f"{base}/studies/{study.study_instance_uid}")
    _put(result, "0020000D", "UI", study.study_instance_uid)
    _put(result, "00201206", "IS", study.number_of_series)
    _put(result, "00201208", "IS", study.number_of_instances)
    return result


def series_result(series: Series, *, base: str) -> Result:
    """Return a series' attributes; `series.study` must be loaded."""
    result: Result = {}
    study_uid = series.study.study_instance_uid
    _put(result, "00080005", "CS", "ISO_IR 192")
    _put(result, "00080056", "CS", availability_of(series.study))
    _put(result, "00080060", "CS", series.modality)
    _put(result, "0008103E", "LO", series.description)
    _put(result, "00081190", "UR", f"{base}/studies/{study_uid}/series/{series.series_instance_uid}")
    _put(result, "00180015", "CS", series.body_part)
    _put(result, "0020000D", "UI", study_uid)
    _put(result, "0020000E", "UI", series.series_instance_uid)
    _put(result, "00200011", "IS", series.series_number)
    _put(result, "00201209", "IS", series.number_of_instances)
    return result


def instance_result(instance: Instance, *, base: str) -> Result:
    """Return an instance's attributes; `instance.series.study` must be loaded."""
    series = instance.series
    path = f"{base}/studies/{series.study.study_instance_uid}/series/{series.series_instance_uid}"
    result: Result = {}
    _put(result, "00080005", "CS", "ISO_IR 192")
    _put(result, "00080016", "UI", instance.sop_class_uid)
    _put(result, "00080018", "UI", instance.sop_instance_uid)
    _put(result, "00080056", "CS", availability_of(series.study))
    _put(result, "00080060", "CS", series.modality)
    _put(result, "00081190", "UR", f"{path}/instances/{instance.sop_instance_uid}")
    _put(result, "00083002", "UI", instance.transfer_syntax_uid)
    _put(result, "0020000D", "UI", series.study.study_instance_uid)
    _put(result, "0020000E", "UI", series.series_instance_uid)
    _put(result, "00200013", "IS", instance.instance_number)
    if instance.rows:
        _put(result, "00280008", "IS", instance.number_of_frames)
        _put(result, "00280010", "US", instance.rows)
        _put(result, "00280011", "US", instance.columns)
    return result


def add_header_values(result: Result, row: Any, tags: Iterable[str]) -> Result:
    """Add what with_header_values found, without replacing what the archive's own columns say; tags in order."""
    for tag in tags:
        element = getattr(row, f"header_{tag}", None)
        if element and tag not in result:
            result[tag] = element
    return dict(sorted(result.items()))


def _put(result: Result, tag: str, vr: str, value: Any) -> None:
    """Set an element; an empty value keeps the attribute without a Value (PS3.18 F.2.5)."""
    element: dict[str, Any] = {"vr": vr}
    if value not in (None, ""):
        element["Value"] = [_person_name(value) if vr == "PN" else value]
    result[tag] = element


def _person_name(value: str) -> dict[str, str]:
    names = ("Alphabetic", "Ideographic", "Phonetic")
    return {name: group for name, group in zip(names, value.split("="), strict=False) if group}


def _offset(local: datetime) -> str:
    return local.strftime("%z")
