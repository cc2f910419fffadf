"""Who belongs to a hospital."""

from collections.abc import Collection
from datetime import datetime

from django.db.models import Exists, OuterRef, QuerySet

from hospitals.models import Membership, User
from hospitals.models.reading import valid_at


def members_of(hospital_id: int, roles: Collection[str], now: datetime) -> QuerySet[User]:
    """Return the active people of these roles whose membership in the hospital runs at `now`, by name."""
    runs = Membership.objects.filter(valid_at(now), user=OuterRef("pk"), hospital=hospital_id)
    return User.objects.filter(Exists(runs), role__in=roles, is_active=True).order_by("name", "pk")
