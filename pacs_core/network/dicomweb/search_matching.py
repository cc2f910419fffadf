"""Match search attributes against the archive's rows (PS3.4 C.2.2.2)."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta

from django.db.models import DateField, F, Func, Q, QuerySet

from pacs_core.network.dicomweb.errors import InvalidRequest
from pacs_core.network.dicomweb.search_query import SearchQuery

Matcher = Callable[[str, str, tuple[str, ...]], Q]

_DATE = re.compile(r"(\d{8})?(-)?(\d{8})?")


def _uid(path: str, keyword: str, values: tuple[str, ...]) -> Q:
    return Q(**{f"{path}__in": values})


def _text(path: str, keyword: str, values: tuple[str, ...]) -> Q:
    """Match exactly, or by pattern where `*` or `?` stand (PS3.4 C.2.2.2.4); case matters not in names only."""
    ignores_case = keyword in ("PatientName", "ReferringPhysicianName", "StudyDescription", "SeriesDescription")
    found = Q()
    for value in values:
        if "*" in value or "?" in value:
            pattern = "".join({"*": ".*", "?": "."}.get(character, re.escape(character)) for character in value)
            found |= Q(**{f"{path}__{'iregex' if ignores_case else 'regex'}": f"^{pattern}$"})
        else:
            found |= Q(**{f"{path}__iexact" if ignores_case else path: value})
    return found


def _any_of(path: str, keyword: str, values: tuple[str, ...]) -> Q:
    return Q(**{f"{path}__overlap": [value.upper() for value in values]})


def _number(path: str, keyword: str, values: tuple[str, ...]) -> Q:
    try:
        return Q(**{f"{path}__in": [int(value) for value in values]})
    except ValueError:
        raise InvalidRequest(f"{keyword} is {values!r}, expected whole numbers.") from None


def _day(path: str, keyword: str, values: tuple[str, ...]) -> Q:
    """Match one day or a range (PS3.4 C.2.2.2.5)."""
    found = Q()
    for value in values:
        first, last = _day_range(keyword, value)
        part = Q()
        if first:
            part &= Q(**{f"{path}__gte": first})
        if last:
            part &= Q(**{f"{path}__lte": last})
        found |= part
    return found


def _study_day(path: str, keyword: str, values: tuple[str, ...]) -> Q:
    """Match the hospital's own calendar day; a day's slack around UTC first, so that the index on study_at serves."""
    found = Q()
    for value in values:
        first, last = _day_range(keyword, value)
        part = _day("local_study_date", keyword, (value,))
        if first:
            part &= Q(**{f"{path}__gte": _utc(first - timedelta(days=1))})
        if last:
            part &= Q(**{f"{path}__lt": _utc(last + timedelta(days=2))})
        found |= part
    return found


def _utc(day: date) -> datetime:
    return datetime.combine(day, time(), tzinfo=UTC)


def _day_range(keyword: str, value: str) -> tuple[date | None, date | None]:
    match = _DATE.fullmatch(value.replace(".", ""))
    if not match or not (match.group(1) or match.group(3)):
        raise InvalidRequest(f"{keyword} is {value!r}, expected YYYYMMDD or a range of two such days.")
    try:
        first = datetime.strptime(match.group(1), "%Y%m%d").date() if match.group(1) else None  # noqa: DTZ007
        last = datetime.strptime(match.group(3), "%Y%m%d").date() if match.group(3) else None  # noqa: DTZ007
    except ValueError:
        raise InvalidRequest(f"{keyword} is {value!r}, which names no calendar day.") from None
    return (first, last) if match.group(2) else (first, first)


# Keyword -> (path from Study, matcher).
_STUDY: dict[str, tuple[str, Matcher]] = {
    "StudyInstanceUID": ("study_instance_uid", _uid),
    "AccessionNumber": ("accession_number", _text),
    "StudyDescription": ("description", _text),
    "StudyDate": ("study_at", _study_day),
    "ModalitiesInStudy": ("modalities", _any_of),
    "ReferringPhysicianName": ("referring_physician_name", _text),
    "PatientID": ("patient__patient_id", _text),
    "IssuerOfPatientID": ("patient__issuer_of_patient_id", _text),
    "PatientName": ("patient__name", _text),
    "PatientBirthDate": ("patient__birth_date", _day),
    "PatientSex": ("patient__sex", _text),
}
_SERIES: dict[str, tuple[str, Matcher]] = {
    "SeriesInstanceUID": ("series_instance_uid", _uid),
    "Modality": ("modality", _text),
    "SeriesNumber": ("series_number", _number),
    "SeriesDescription": ("description", _text),
    "BodyPartExamined": ("body_part", _text),
}
_INSTANCE: dict[str, tuple[str, Matcher]] = {
    "SOPInstanceUID": ("sop_instance_uid", _uid),
    "SOPClassUID": ("sop_class_uid", _uid),
    "InstanceNumber": ("instance_number", _number),
}

# Level -> keyword -> (path from the level's own rows, matcher).
MATCHERS: dict[str, dict[str, tuple[str, Matcher]]] = {
    "study": _STUDY,
    "series": {**{key: (f"study__{path}", how) for key, (path, how) in _STUDY.items()}, **_SERIES},
    "instance": {
        **{key: (f"series__study__{path}", how) for key, (path, how) in _STUDY.items()},
        **{key: (f"series__{path}", how) for key, (path, how) in _SERIES.items()},
        **_INSTANCE,
    },
}
_PATH_TO_STUDY = {"study": "", "series": "study__", "instance": "series__study__"}


def matchable(level: str) -> frozenset[str]:
    """The keywords that a search of this level matches."""
    return frozenset(MATCHERS[level])


def apply_matches(rows: QuerySet, *, level: str, query: SearchQuery) -> QuerySet:
    """Filter the level's rows by the query's attributes, all of which must match."""
    if "StudyDate" in query.matches:
        prefix = _PATH_TO_STUDY[level]
        rows = rows.annotate(
            local_study_date=Func(
                F(f"{prefix}hospital__time_zone"),
                F(f"{prefix}study_at"),
                template="(timezone(%(expressions)s))::date",
                output_field=DateField(),
            )
        )
    for keyword, values in query.matches.items():
        path, matcher = MATCHERS[level][keyword]
        rows = rows.filter(matcher(path, keyword, values))
    return rows
