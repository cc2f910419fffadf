"""Who: hospitals, people, privileges, shifts."""

from hospitals.models.hospital import Hospital
from hospitals.models.people import Membership, RadiologistProfile, ReferringPhysicianIdentifier, User
from hospitals.models.reading import Credential, Exclusion, LapseNotice, Licence, ReaderGroup, ReadingPrivilege
from hospitals.models.rota import Holiday, Shift, ShiftBreak, ShiftFeed, ShiftSwap, ShiftTemplate, TimeOff

__all__ = [
    "Credential",
    "Exclusion",
    "Holiday",
    "Hospital",
    "LapseNotice",
    "Licence",
    "Membership",
    "RadiologistProfile",
    "ReaderGroup",
    "ReadingPrivilege",
    "ReferringPhysicianIdentifier",
    "Shift",
    "ShiftBreak",
    "ShiftFeed",
    "ShiftSwap",
    "ShiftTemplate",
    "TimeOff",
    "User",
]
