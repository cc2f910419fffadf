"""What a person may see."""

from django.db.models import Q
from django.utils import timezone

from hospitals.models import Hospital, Membership, User
from pacs_core.access.scopes import Principal, Scope


def scope_of_user(user: User, *, address: str = "") -> Scope:
    """Return the user's scope: hospitals of current memberships; every hospital for a system administrator."""
    principal = Principal(user_id=user.pk, role=user.role, address=address)
    if not user.is_active:
        return Scope(frozenset(), principal)
    if user.role == User.Role.SYSTEM_ADMINISTRATOR:
        return Scope(frozenset(Hospital.objects.values_list("pk", flat=True)), principal)
    now = timezone.now()
    current = Membership.objects.filter(user=user, valid_from__lte=now, hospital__is_active=True).filter(
        Q(valid_until__isnull=True) | Q(valid_until__gt=now)
    )
    return Scope(frozenset(current.values_list("hospital_id", flat=True)), principal)
