"""C-FIND: what the caller's hospital has, in the Patient Root and Study Root models (PS3.4 C.4.1) answered here."""

import logging
from collections.abc import Callable, Iterator
from typing import Any

from django.db import InterfaceError, OperationalError, connection
from django.db.models import F, QuerySet
from pydicom.datadict import tag_for_keyword
from pydicom.dataset import Dataset
from pydicom.uid import UID, ExplicitVRLittleEndian, ImplicitVRLittleEndian
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
from pacs_core.network.dimse.answers import MOST_ANSWERS, Found
from pacs_core.network.dimse.extended import Agreed, agreed_for
from pacs_core.network.dimse.identifier import IdentifierRefused, Keys, read_keys
from pacs_core.network.dimse.matches import encoded_match, match_dataset
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

Answer = tuple[int | Dataset, Dataset | bytes | None]


def answer_find(event: Event) -> Iterator[Answer]:
    """Yield a pending answer for each match, or the status of PS3.4 table C.4-1 or K.4-1 that says why not."""
    caller, sop_class_uid = caller_of(event.assoc), str(event.request.AffectedSOPClassUID)
    right, search = _SEARCHES.get(sop_class_uid, _ARCHIVE)
    try:
        if not getattr(caller, right):
            yield NOT_AUTHORIZED, None
            return
        found = search(event, sop_class_uid, caller)
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
    for match in found.matches[:MOST_ANSWERS]:
        if event.is_cancelled:
            yield CANCELLED, None
            return
        yield found.pending, found.written(match)
    if len(found.matches) > MOST_ANSWERS:
        yield status_of(OUT_OF_RESOURCES, f"More than {MOST_ANSWERS} matches: ask for fewer"), None


def search_archive(event: Event, sop_class_uid: str, caller: Caller) -> Found:
    """Return the identifiers of the matches in the caller's hospital; raises IdentifierRefused or MatchRefused."""
    agreed, syntax = agreed_for(event.assoc, sop_class_uid), UID(event.context.transfer_syntax)
    keys = read_keys(event.identifier, sop_class_uid=sop_class_uid, is_relational=agreed.is_relational)
    is_plain = syntax in (ImplicitVRLittleEndian, ExplicitVRLittleEndian)
    tags = [tag for tag in keys.wanted_tags if tag not in _HAS_A_COLUMN]

    def written(row: Any) -> Dataset | bytes:
        result = _described(row, keys.level, tags)
        encoded = encoded_match(result, keys, is_implicit_vr=syntax.is_implicit_VR) if is_plain else None
        return encoded or match_dataset(result, keys)

    return Found(_found(keys, tags, caller, agreed), has_ignored_keys=bool(keys.ignored), written=written)


# SOP class -> the right that its caller needs, and who answers.
_ARCHIVE: tuple[str, Callable[[Event, str, Caller], Found]] = ("may_find", search_archive)
_SEARCHES = {str(ModalityWorklistInformationFind): ("may_query_worklist", search_worklist)}


def _found(keys: Keys, tags: list[str], caller: Caller, agreed: Agreed) -> list[Any]:
    """Return the matching rows of the caller's hospital with headers' `tags`, one more than may be answered."""
    if len(tags) > MOST_FROM_HEADERS:
        raise MatchRefused(f"{len(tags)} keys are looked up in headers, at most {MOST_FROM_HEADERS}")
    with open_scope(hospital_scope(process="dimse", hospital_id=caller.hospital_id)):
        rows = apply_matches(
            _rows(keys.level),
            level=keys.level,
            matches=keys.matches,
            combines_date_and_time=agreed.combines_date_and_time,
        )
        rows = with_what_is_below(rows, level=keys.level, tags=keys.wanted_tags)
        return list(with_header_values(rows, level=keys.level, tags=tags)[: MOST_ANSWERS + 1])


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
