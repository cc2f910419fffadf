"""C-FIND: what the caller's hospital has, in the Patient Root and Study Root models (PS3.4 C.4.1) answered here."""

import logging
from collections.abc import Callable, Iterator
from typing import Any

from django.conf import settings
from django.db import InterfaceError, OperationalError, connection
from django.db.models import F, QuerySet
from pydicom.datadict import tag_for_keyword
from pydicom.dataelem import DataElement
from pydicom.dataset import Dataset
from pynetdicom.events import Event
from pynetdicom.sop_class import ModalityWorklistInformationFind

from pacs_core.access.scopes import hospital_scope, open_scope
from pacs_core.archive.errors import MatchRefused, without_values
from pacs_core.archive.models import Instance, Patient, Series, Study
from pacs_core.archive.selectors.attributes import (
    Result,
    add_header_values,
    instance_result,
    patient_result,
    series_result,
    study_result,
    with_header_values,
    with_what_is_below,
)
from pacs_core.archive.selectors.matching import apply_matches
from pacs_core.network.dimse.admission import Caller, caller_of
from pacs_core.network.dimse.answers import MOST_ANSWERS, Found, add_empty, character_set_for
from pacs_core.network.dimse.extended import Agreed, agreed_for
from pacs_core.network.dimse.identifier import LEVELS, IdentifierRefused, Keys, read_keys
from pacs_core.network.dimse.modality_worklist import search_worklist
from pacs_core.network.dimse.statuses import (
    CANCELLED,
    CANNOT_UNDERSTAND,
    IDENTIFIER_DOES_NOT_MATCH,
    NOT_AUTHORIZED,
    OUT_OF_RESOURCES,
    status_of,
)

logger = logging.getLogger(__name__)

# Each of these keys is a look-up for each match.
MOST_FROM_HEADERS = 100
# Answered from the rows' own columns or from the query: looked up in no header.
_HAS_A_COLUMN = frozenset(
    f"{tag_for_keyword(keyword):08X}"
    for keyword in (
        *("SpecificCharacterSet", "QueryRetrieveLevel", "RetrieveAETitle", "InstanceAvailability", "RetrieveURL"),
        *("PatientName", "PatientID", "IssuerOfPatientID", "PatientBirthDate", "PatientSex"),
        *("NumberOfPatientRelatedStudies", "NumberOfPatientRelatedSeries", "NumberOfPatientRelatedInstances"),
        *("StudyInstanceUID", "StudyDate", "StudyTime", "TimezoneOffsetFromUTC", "AccessionNumber", "StudyDescription"),
        *("ModalitiesInStudy", "SOPClassesInStudy", "ReferringPhysicianName"),
        *("NumberOfStudyRelatedSeries", "NumberOfStudyRelatedInstances", "NumberOfSeriesRelatedInstances"),
        *("SeriesInstanceUID", "Modality", "SeriesNumber", "SeriesDescription", "BodyPartExamined"),
        *("SOPInstanceUID", "SOPClassUID", "InstanceNumber", "NumberOfFrames", "Rows", "Columns"),
    )
)
_RETRIEVE_URL = "00081190"
_NAME_GROUPS = ("Alphabetic", "Ideographic", "Phonetic")
_PLAIN = frozenset({"AE", "AS", "CS", "DA", "DS", "DT", "IS", "LO", "LT", "PN", "SH", "ST", "TM", "UI", "US", "UT"})

Answer = tuple[int | Dataset, Dataset | None]


def answer_find(event: Event) -> Iterator[Answer]:
    """Yield a pending answer for each match, or the status of PS3.4 table C.4-1 or K.4-1 that says why not."""
    caller, sop_class_uid = caller_of(event.assoc), str(event.request.AffectedSOPClassUID)
    right, search = _SEARCHES.get(sop_class_uid, _ARCHIVE)
    try:
        if not getattr(caller, right):
            yield NOT_AUTHORIZED, None
            return
        found = search(event.identifier, sop_class_uid, caller, agreed_for(event.assoc, sop_class_uid))
    except IdentifierRefused as refusal:
        yield status_of(IDENTIFIER_DOES_NOT_MATCH, str(refusal), offending_keyword=refusal.keyword), None
        return
    except MatchRefused as refusal:
        yield status_of(CANNOT_UNDERSTAND, str(refusal)), None
        return
    except (OperationalError, InterfaceError) as error:
        logger.error("Database away while searching: %s", type(error).__name__)
        connection.close()
        yield status_of(OUT_OF_RESOURCES, "The archive is away, try again later"), None
        return
    except Exception as error:
        logger.error("Search failed: %s", type(error).__name__, exc_info=without_values(error))
        yield CANNOT_UNDERSTAND, None
        return
    for answer in found.answers[:MOST_ANSWERS]:
        if event.is_cancelled:
            yield CANCELLED, None
            return
        yield found.pending, answer
    if len(found.answers) > MOST_ANSWERS:
        yield status_of(OUT_OF_RESOURCES, f"More than {MOST_ANSWERS} matches: ask for fewer"), None


def search_archive(identifier: Dataset, sop_class_uid: str, caller: Caller, agreed: Agreed) -> Found:
    """Return the identifiers of the matches in the caller's hospital; raises IdentifierRefused or MatchRefused."""
    keys = read_keys(identifier, sop_class_uid=sop_class_uid, is_relational=agreed.is_relational)
    answers = [_identifier(result, keys) for result in _found(keys, caller, agreed)]
    return Found(answers, has_ignored_keys=bool(keys.ignored))


# SOP class -> the right that its caller needs, and who answers.
_ARCHIVE: tuple[str, Callable[[Dataset, str, Caller, Agreed], Found]] = ("may_find", search_archive)
_SEARCHES = {str(ModalityWorklistInformationFind): ("may_query_worklist", search_worklist)}


def _found(keys: Keys, caller: Caller, agreed: Agreed) -> list[Result]:
    """Return the attributes of each match in the caller's hospital, one more than may be answered."""
    with open_scope(hospital_scope(process="dimse", hospital_id=caller.hospital_id)):
        rows = apply_matches(
            _rows(keys.level),
            level=keys.level,
            matches=keys.matches,
            combines_date_and_time=agreed.combines_date_and_time,
        )
        rows = with_what_is_below(rows, level=keys.level, tags=keys.wanted_tags)
        tags = [tag for tag in keys.wanted_tags if tag not in _HAS_A_COLUMN]
        if len(tags) > MOST_FROM_HEADERS:
            raise MatchRefused(f"{len(tags)} keys are looked up in headers, at most {MOST_FROM_HEADERS}")
        rows = with_header_values(rows, level=keys.level, tags=tags)
        return [_described(row, keys.level, tags) for row in rows[: MOST_ANSWERS + 1]]


def _rows(level: str) -> QuerySet[Any]:
    if level == "patient":
        return Patient.objects.filter(merged_into__isnull=True).order_by("pk")
    if level == "study":
        return Study.objects.select_related("patient", "hospital").order_by(F("study_at").desc(nulls_last=True), "-pk")
    if level == "series":
        return Series.objects.select_related("study").order_by(F("series_number").asc(nulls_last=True), "pk")
    rows = Instance.objects.select_related("series__study").defer("metadata")
    return rows.order_by(F("instance_number").asc(nulls_last=True), "pk")


def _described(row: Any, level: str, tags: list[str]) -> Result:
    describe = {"study": study_result, "series": series_result, "instance": instance_result}
    result = patient_result(row) if level == "patient" else describe[level](row, base="")
    return add_header_values(result, row, tags)


def _identifier(result: Result, keys: Keys) -> Dataset:
    """Return what was asked for and no more (PS3.4 C.4.1.1.3.2), in the caller's character set where it serves."""
    identifier = Dataset()
    for tag in keys.wanted_tags:
        if tag in result and tag != _RETRIEVE_URL:
            identifier.add(_element(tag, result[tag]))
        else:
            add_empty(identifier, int(tag, 16))
    identifier.QueryRetrieveLevel = next(name for name, level in LEVELS.items() if level == keys.level)
    identifier.RetrieveAETitle = settings.DIMSE_AE_TITLE
    identifier.SpecificCharacterSet = character_set_for(identifier, keys.character_set)
    return identifier


def _element(tag: str, found: dict[str, Any]) -> DataElement:
    """Return an element of the JSON model; sequences and bytes are left to pydicom, which is slower."""
    vr, values = found["vr"], found.get("Value", [])
    if vr not in _PLAIN:
        return Dataset.from_json({tag: found})[int(tag, 16)]
    if vr == "PN":
        groups = ([value.get(kind, "") for kind in _NAME_GROUPS] if value else [] for value in values)
        values = ["=".join(group).rstrip("=") for group in groups]
    return DataElement(int(tag, 16), vr, values[0] if len(values) == 1 else values or None)
