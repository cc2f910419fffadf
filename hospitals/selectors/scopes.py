"""What a person may see."""

from collections.abc import Iterable
from datetime import datetime

from django.db.models import BigIntegerField, DateTimeField, Q, QuerySet
from django.db.models.expressions import Combinable
from django.utils import timezone

from hospitals.models import Hospital, Membership, User
from pacs_core.access.compiled_query import CompiledQuery, Parameter
from pacs_core.access.scopes import Principal, Scope


def current_memberships(user_id: Combinable, now: Combinable | datetime) -> QuerySet[Membership]:
    """Return the memberships of active hospitals that hold at this instant."""
    current = Membership.objects.filter(user=user_id, valid_from__lte=now, hospital__is_active=True)
    return current.filter(Q(valid_until__isnull=True) | Q(valid_until__gt=now))


_hospitals_of_user = CompiledQuery(
    lambda: current_memberships(Parameter("user_id", BigIntegerField()), Parameter("now", DateTimeField())).values_list(
        "hospital_id"
    )
)
_all_hospitals = CompiledQuery(lambda: Hospital.objects.values_list("pk"))


def scope_of_user(user: User, *, address: str = "", hospital_ids: Iterable[int] | None = None) -> Scope:
    """Return the user's scope: hospitals of current memberships; every hospital for a system administrator.

    `hospital_ids` are those of current_memberships where the caller has asked for them already.
    """
    principal = Principal(user_id=user.pk, role=user.role, address=address)
    if not user.is_active:
        return Scope(frozenset(), principal)
    if user.role == User.Role.SYSTEM_ADMINISTRATOR:
        hospital_ids = (pk for (pk,) in _all_hospitals.rows())
    elif hospital_ids is None:
        hospital_ids = (pk for (pk,) in _hospitals_of_user.rows(user_id=user.pk, now=timezone.now()))
    return Scope(frozenset(hospital_ids), principal)
