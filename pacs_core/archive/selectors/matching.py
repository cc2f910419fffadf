"""Match search attributes against the archive's rows (PS3.4 C.2.2.2)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, date, datetime, time, timedelta

from django.db.models import DateField, Exists, F, Field, Func, OuterRef, Q, QuerySet, TimeField
from pydicom.datadict import dictionary_VR

from pacs_core.archive.errors import MatchRefused
from pacs_core.archive.models import Instance
from pacs_core.archive.names import name_matches

Matcher = Callable[[str, str, tuple[str, ...]], Q]

_DATE = re.compile(r"(\d{8})?(-)?(\d{8})?")
_CLOCK = r"\d{2}(?:\d{2}(?:\d{2}(?:\.\d{1,6})?)?)?"
_TIME = re.compile(rf"({_CLOCK})?(-)?({_CLOCK})?")


def _uid(path: str, keyword: str, values: tuple[str, ...]) -> Q:
    return Q(**{f"{path}__in": values})


def _text(path: str, keyword: str, values: tuple[str, ...]) -> Q:
    """Match exactly, or by pattern where `*` or `?` stand (PS3.4 C.2.2.2.4); case matters not in descriptions."""
    ignores_case = keyword in ("StudyDescription", "SeriesDescription")
    found = Q()
    for value in values:
        if "*" in value or "?" in value:
            pattern = "".join({"*": ".*", "?": "."}.get(character, re.escape(character)) for character in value)
            found |= Q(**{f"{path}__{'iregex' if ignores_case else 'regex'}": f"^{pattern}$"})
        else:
            found |= Q(**{f"{path}__iexact" if ignores_case else path: value})
    return found


def _name(path: str, keyword: str, values: tuple[str, ...]) -> Q:
    return Q.create([name_matches(path, value) for value in values], connector=Q.OR)


def _any_of(path: str, keyword: str, values: tuple[str, ...]) -> Q:
    return Q(**{f"{path}__overlap": [value.upper() for value in values]})


def _number(path: str, keyword: str, values: tuple[str, ...]) -> Q:
    try:
        return Q(**{f"{path}__in": [int(value) for value in values]})
    except ValueError:
        raise MatchRefused(f"{keyword} is {values!r}, expected whole numbers.") from None


def _within(path: str, ranges: Iterable[tuple[date | time | None, date | time | None]]) -> Q:
    """Match any of these ranges, both ends included, None for open (PS3.4 C.2.2.2.5)."""
    found = Q()
    for first, last in ranges:
        part = Q()
        if first is not None:
            part &= Q(**{f"{path}__gte": first})
        if last is not None:
            part &= Q(**{f"{path}__lte": last})
        found |= part
    return found


def _day(path: str, keyword: str, values: tuple[str, ...]) -> Q:
    return _within(path, (day_range(keyword, value) for value in values))


def _study_day(path: str, keyword: str, values: tuple[str, ...]) -> Q:
    """Match the hospital's own calendar day; a day's slack around UTC first, so that the index on study_at serves."""
    found = Q()
    for value in values:
        first, last = day_range(keyword, value)
        part = _day("local_study_date", keyword, (value,))
        # What begins or ends where the calendar does needs no index: everything lies within.
        if first and first > date.min:
            part &= Q(**{f"{path}__gte": _utc(first - timedelta(days=1))})
        if last and last < date.max - timedelta(days=1):
            part &= Q(**{f"{path}__lt": _utc(last + timedelta(days=2))})
        found |= part
    return found


def _study_time(path: str, keyword: str, values: tuple[str, ...]) -> Q:
    """Match a time of day to the precision given, or a range, by the hospital's own clock."""
    return _within("local_study_time", (time_range(keyword, value) for value in values))


def _sop_class_in_study(path: str, keyword: str, values: tuple[str, ...]) -> Q:
    return Q(Exists(Instance.objects.filter(series__study=OuterRef(path), sop_class_uid__in=values)))


def time_range(keyword: str, value: str) -> tuple[time | None, time | None]:
    match = _TIME.fullmatch(value.replace(":", ""))
    if not match or not (match.group(1) or match.group(3)):
        raise MatchRefused(f"{keyword} is {value!r}, expected HHMMSS or a range of two such times.")
    first, last = match.group(1), match.group(3) if match.group(2) else match.group(1)
    try:
        return (_time_of(first, "000000") if first else None), (_time_of(last, "235959") if last else None)
    except ValueError:
        raise MatchRefused(f"{keyword} is {value!r}, which is no time of day.") from None


def _time_of(text: str, rest: str) -> time:
    """Return the first or the last instant that HH, HHMM, HHMMSS or HHMMSS.F* names, by what is filled in."""
    whole, _, fraction = text.partition(".")
    whole += rest[len(whole) :]
    least_or_last = "0" if rest == "000000" else "9"
    micro = int(fraction[:6].ljust(6, least_or_last)) if fraction else (0 if least_or_last == "0" else 999_999)
    return time(int(whole[:2]), int(whole[2:4]), int(whole[4:6]), micro)


def _utc(day: date) -> datetime:
    return datetime.combine(day, time(), tzinfo=UTC)


def day_range(keyword: str, value: str) -> tuple[date | None, date | None]:
    match = _DATE.fullmatch(value.replace(".", ""))
    if not match or not (match.group(1) or match.group(3)):
        raise MatchRefused(f"{keyword} is {value!r}, expected YYYYMMDD or a range of two such days.")
    try:
        first = datetime.strptime(match.group(1), "%Y%m%d").date() if match.group(1) else None  # noqa: DTZ007
        last = datetime.strptime(match.group(3), "%Y%m%d").date() if match.group(3) else None  # noqa: DTZ007
    except ValueError:
        raise MatchRefused(f"{keyword} is {value!r}, which names no calendar day.") from None
    return (first, last) if match.group(2) else (first, first)


# Keyword -> (path from the level's own rows, matcher).
_PATIENT: dict[str, tuple[str, Matcher]] = {
    "PatientID": ("patient_id", _text),
    "IssuerOfPatientID": ("issuer_of_patient_id", _text),
    "PatientName": ("name", _name),
    "PatientBirthDate": ("birth_date", _day),
    "PatientSex": ("sex", _text),
}
_STUDY: dict[str, tuple[str, Matcher]] = {
    "StudyInstanceUID": ("study_instance_uid", _uid),
    "AccessionNumber": ("accession_number", _text),
    "StudyDescription": ("description", _text),
    "StudyDate": ("study_at", _study_day),
    "StudyTime": ("study_at", _study_time),
    "ModalitiesInStudy": ("modalities", _any_of),
    "ReferringPhysicianName": ("referring_physician_name", _name),
    "SOPClassesInStudy": ("pk", _sop_class_in_study),
    **{keyword: (f"patient__{path}", how) for keyword, (path, how) in _PATIENT.items()},
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
    "patient": _PATIENT,
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


def apply_matches(
    rows: QuerySet, *, level: str, matches: Mapping[str, tuple[str, ...]], combines_date_and_time: bool = False
) -> QuerySet:
    """Filter the level's rows by these keywords, all of which must match one of their values; or raise MatchRefused.

    Where `combines_date_and_time`, ranges of StudyDate and StudyTime are one period, from the first day's time to the
    last day's (PS3.4 C.5.1.1.1.2); otherwise a time is one of each day.
    """
    if combines_date_and_time and all("-" in "".join(matches.get(key, ())) for key in ("StudyDate", "StudyTime")):
        rows = _within_period(rows, level, matches)
        matches = {keyword: values for keyword, values in matches.items() if keyword != "StudyTime"}
    if "StudyDate" in matches:
        rows = rows.annotate(local_study_date=_local(level, "date", DateField()))
    if "StudyTime" in matches:
        rows = rows.annotate(local_study_time=_local(level, "time", TimeField()))
    for keyword, values in matches.items():
        _refuse_nul(keyword, values)
        path, matcher = MATCHERS[level][keyword]
        rows = rows.filter(matcher(path, keyword, values))
    return rows


def match_by_vr(path: str, keyword: str, values: tuple[str, ...]) -> Q:
    """Match a key at a path of another floor's rows, as the VR of its keyword says; or raise MatchRefused."""
    _refuse_nul(keyword, values)
    return {"UI": _uid, "PN": _name, "DA": _day}.get(dictionary_VR(keyword), _text)(path, keyword, values)


def _refuse_nul(keyword: str, values: tuple[str, ...]) -> None:
    if any("\0" in value for value in values):
        raise MatchRefused(f"{keyword} has a NUL character, which no value has.")


def _within_period(rows: QuerySet, level: str, matches: Mapping[str, tuple[str, ...]]) -> QuerySet:
    """Leave out what came too early on the first day or too late on the last; the days are matched beside this."""
    days, clocks = list(matches["StudyDate"]), list(matches["StudyTime"])
    if len(days) > 1 or len(clocks) > 1:
        raise MatchRefused("StudyDate and StudyTime have several values, expected one range of each.")
    (first, last), (begin, end) = day_range("StudyDate", days[0]), time_range("StudyTime", clocks[0])
    rows = rows.annotate(
        local_study_date=_local(level, "date", DateField()), local_study_time=_local(level, "time", TimeField())
    )
    if first and begin:
        rows = rows.exclude(local_study_date=first, local_study_time__lt=begin)
    if last and end:
        rows = rows.exclude(local_study_date=last, local_study_time__gt=end)
    return rows


def _local(level: str, kind: str, field: Field) -> Func:
    """Return the study's date or time by the clock of its hospital."""
    prefix = _PATH_TO_STUDY[level]
    return Func(
        F(f"{prefix}hospital__time_zone"),
        F(f"{prefix}study_at"),
        template=f"(timezone(%(expressions)s))::{kind}",
        output_field=field,
    )
