"""SOP Class Extended Negotiation of queries and retrievals (PS3.7 D.3.3.5, PS3.4 C.5.1.1 and C.5.2.1)."""

from dataclasses import dataclass

from pydicom.uid import UID
from pynetdicom.association import Association
from pynetdicom.events import Event
from pynetdicom.sop_class import (
    PatientRootQueryRetrieveInformationModelFind,
    PatientRootQueryRetrieveInformationModelGet,
    PatientRootQueryRetrieveInformationModelMove,
    StudyRootQueryRetrieveInformationModelFind,
    StudyRootQueryRetrieveInformationModelGet,
    StudyRootQueryRetrieveInformationModelMove,
)

# Which of the bytes that a caller may set we agree to: relational, then for queries date and time as one period.
# Fuzzy matching, adjusted time zones and other views of multi-frame images are refused by a zero.
_FIND, _RETRIEVE = (True, True), (True,)
_AGREEABLE = {
    PatientRootQueryRetrieveInformationModelFind: _FIND,
    StudyRootQueryRetrieveInformationModelFind: _FIND,
    PatientRootQueryRetrieveInformationModelMove: _RETRIEVE,
    StudyRootQueryRetrieveInformationModelMove: _RETRIEVE,
    PatientRootQueryRetrieveInformationModelGet: _RETRIEVE,
    StudyRootQueryRetrieveInformationModelGet: _RETRIEVE,
}


@dataclass(frozen=True)
class Agreed:
    """What holds for a SOP class on an association beside the baseline behaviour."""

    is_relational: bool = False
    combines_date_and_time: bool = False


def answer_extended_negotiation(event: Event) -> dict[UID, bytes]:
    """Agree to what we can of what the caller asks for, and keep it at the association."""
    agreed: dict[str, Agreed] = {}
    answer: dict[UID, bytes] = {}
    for sop_class, asked in event.app_info.items():
        agreeable = _AGREEABLE.get(sop_class)
        if agreeable is None:
            continue
        given = [int(wanted == 1 and index < len(agreeable)) for index, wanted in enumerate(asked)]
        answer[sop_class] = bytes(given)
        agreed[str(sop_class)] = Agreed(*(bool(flag) for flag in given[: len(agreeable)]))
    event.assoc.meridian_agreed = agreed
    return answer


def agreed_for(association: Association, sop_class_uid: str) -> Agreed:
    return getattr(association, "meridian_agreed", {}).get(sop_class_uid, Agreed())
