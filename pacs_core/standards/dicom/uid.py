"""Unique identifiers: checked by PS3.5 9.1, derived from names by PS3.5 B.2 (2.25 and a UUID)."""

import re
from uuid import UUID, uuid4, uuid5

MERIDIAN_NAMESPACE = UUID("6f3d0d52-7f1e-5c0a-9a51-3b7f6f0f2b11")
MERIDIAN_IMPLEMENTATION_CLASS_UID = f"2.25.{uuid5(MERIDIAN_NAMESPACE, 'implementation-class').int}"
MERIDIAN_IMPLEMENTATION_VERSION_NAME = "MERIDIAN_1"

_MAXIMUM_LENGTH = 64
_COMPONENT = re.compile(r"0|[1-9][0-9]*")


def uid_of_name(*names: str | int) -> str:
    """Derive a UID; the same names always give the same one, on every machine."""
    name = "\x1f".join(str(part) for part in names)
    return f"2.25.{uuid5(MERIDIAN_NAMESPACE, name).int}"


def new_uid() -> str:
    """Return a UID that no one has had before."""
    return f"2.25.{uuid4().int}"


def uid_violation(uid: str) -> str | None:
    """Say which rule of PS3.5 9.1 the UID breaks, None when it breaks none."""
    if reason := unusable_uid_reason(uid):
        return reason
    components = uid.split(".")
    if len(components) < 2:
        return "it has a single component"
    for component in components:
        if not _COMPONENT.fullmatch(component):
            return "a component is empty" if not component else "a component has a leading zero"
    if components[0] not in {"0", "1", "2"}:
        return "the first component is not 0, 1 or 2"
    return None


def unusable_uid_reason(uid: str) -> str | None:
    """Say why the UID can't serve as a key at all, None when it can.

    Laxer than `uid_violation`: old equipment pads components with zeros, and those studies have to be read too.
    """
    if not uid:
        return "it is empty"
    if len(uid) > _MAXIMUM_LENGTH:
        return f"it has {len(uid)} characters, {_MAXIMUM_LENGTH} are allowed"
    if not set(uid) <= set("0123456789."):
        return "it holds characters other than digits and dots"
    if not set(uid) - {"."}:
        return "it holds no digit"
    return None


def is_valid_uid(uid: str) -> bool:
    return uid_violation(uid) is None
