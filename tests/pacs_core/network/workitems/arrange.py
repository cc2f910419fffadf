"""A workitem as an order for an AI service."""

from typing import Any

from hospitals.models import Hospital, User
from hospitals.selectors.scopes import scope_of_user
from pacs_core.access.scopes import open_scope
from pacs_core.network.workitems import services

UID, LOCK = "2.25.100", "2.25.200"
_CODE = {"00080100": {"vr": "SH", "Value": ["BLEED"]}, "00080102": {"vr": "SH", "Value": ["99AI"]}}
NEW_WORKITEM: dict[str, Any] = {
    "00100010": {"vr": "PN", "Value": [{"Alphabetic": "Doe^Jane"}]},
    "00100020": {"vr": "LO", "Value": ["P1"]},
    "00741000": {"vr": "CS", "Value": ["SCHEDULED"]},
    "00741200": {"vr": "CS", "Value": ["HIGH"]},
    "00741204": {"vr": "LO", "Value": ["Look for bleeding"]},
    "00404005": {"vr": "DT", "Value": ["20261126120000"]},
    "00404041": {"vr": "CS", "Value": ["READY"]},
    "00404018": {"vr": "SQ", "Value": [_CODE]},
    "00081195": {"vr": "UI"},
}


def make_workitem(user: User, hospital: Hospital, uid: str = UID, **changes: Any) -> str:
    """Create one as the user and return its UID."""
    with open_scope(scope_of_user(user)):
        services.create_workitem(hospital_id=hospital.pk, workitem_uid=uid, model=NEW_WORKITEM | changes)
    return uid
