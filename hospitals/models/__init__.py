"""Who: hospitals, people, privileges, shifts."""

from hospitals.models.hospital import Hospital
from hospitals.models.people import Membership, RadiologistProfile, ReferringPhysicianIdentifier, User
from hospitals.models.reading import ReadingPrivilege, Shift

__all__ = [
    "Hospital",
    "Membership",
    "RadiologistProfile",
    "ReadingPrivilege",
    "ReferringPhysicianIdentifier",
    "Shift",
    "User",
]
