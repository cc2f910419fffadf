"""What an open socket may hear, looked up again and again while it is open."""

from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user
from django.http import HttpRequest
from django.utils.module_loading import import_string

from hospitals.models import User
from hospitals.selectors.scopes import scope_of_user
from pacs_core.access.scopes import Scope, open_scope
from pacs_core.events.live import NETWORK_GROUP, hospital_group, user_group
from worklist.live.numbers import last_numbers, missed_hints

# What coordinators and radiologists follow although it belongs to no hospital.
NETWORK_EVENTS_FOR_STAFF = frozenset({"RotaChanged", "RuleSetPublished", "ProceduresMapped"})


@dataclass(frozen=True)
class LiveAccess:
    """The person behind a session with role and scope, as of now."""

    user_id: int
    role: str
    scope: Scope

    @property
    def hears_hospitals(self) -> bool:
        return self.role != User.Role.REFERRING_PHYSICIAN

    @property
    def hears_network(self) -> bool:
        return self.role in (User.Role.SYSTEM_ADMINISTRATOR, User.Role.COORDINATOR, User.Role.RADIOLOGIST)

    def hint_for(self, hint: dict[str, Any]) -> dict[str, Any]:
        """Return a hint as this person may have it.

        Of the network's own events only system administrators get everything. Others need each number, else they would
        see a gap, but the name and ids only of events that concern them.
        """
        if hint["hospital_id"] is not None or self.role == User.Role.SYSTEM_ADMINISTRATOR:
            return hint
        if self.user_id in hint["ids"].get("user_ids", ()):
            return hint
        return hint | {"event": hint["event"] if hint["event"] in NETWORK_EVENTS_FOR_STAFF else "", "ids": {}}

    @property
    def groups(self) -> frozenset[str]:
        """Own events for everyone, the hospitals' for their staff, the network's for those who plan and read."""
        groups = {user_group(self.user_id)}
        if self.hears_hospitals:
            groups |= {hospital_group(pk) for pk in self.scope.hospital_ids}
        if self.hears_network:
            groups.add(NETWORK_GROUP)
        return frozenset(groups)


def access_of_session(session_key: str | None) -> LiveAccess | None:
    """Return what the session may hear; None when it has ended, or its user's account or password has changed."""
    if not session_key:
        return None
    request = HttpRequest()
    request.session = import_string(f"{settings.SESSION_ENGINE}.SessionStore")(session_key)
    user = get_user(request)
    if not user.is_authenticated:
        return None
    return LiveAccess(user.pk, user.role, scope_of_user(user))


def numbers_for(access: LiveAccess) -> dict[str, int]:
    """Return the last numbers for the greeting; someone who hears only own events has no use for them."""
    if not access.hears_hospitals:
        return {}
    with open_scope(access.scope):
        return last_numbers(access.scope.hospital_ids, with_network=access.hears_network)


def hints_missed(access: LiveAccess, seen: dict[str, int]) -> list[dict[str, object]] | None:
    with open_scope(access.scope):
        hints = missed_hints(
            seen,
            hospital_ids=access.scope.hospital_ids,
            with_network=access.hears_network,
            only_user_id=None if access.hears_hospitals else access.user_id,
        )
    return None if hints is None else [access.hint_for(hint) for hint in hints]


def session_digest(session_key: str) -> str:
    """Name a session in a message without giving it away."""
    return sha256(session_key.encode()).hexdigest()
