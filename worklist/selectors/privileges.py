"""Whether a radiologist may read a study now."""

from collections.abc import Iterable

from django.db.models import Q
from django.utils import timezone

from hospitals.models import ReadingPrivilege, User
from hospitals.selectors.scopes import scope_of_user
from worklist.errors import NotPrivileged
from worklist.modalities import reading_modalities
from worklist.models import WorklistItem


def may_read(user: User, *, hospital_id: int, modalities: Iterable[str]) -> bool:
    """Say whether an active radiologist is a member of the hospital and privileged for all the modalities now."""
    if user.role != User.Role.RADIOLOGIST or not user.is_active:
        return False
    if hospital_id not in scope_of_user(user).hospital_ids:
        return False
    now = timezone.now()
    privileged = set(
        ReadingPrivilege.objects.filter(radiologist=user, hospital_id=hospital_id, valid_from__lte=now)
        .filter(Q(valid_until__isnull=True) | Q(valid_until__gt=now))
        .values_list("modality", flat=True)
    )
    return bool(privileged) and ("" in privileged or privileged.issuperset(modalities))


def require_privilege(user: User, item: WorklistItem) -> None:
    """Raise NotPrivileged unless the user may read the item's study."""
    ordered = item.order.modality if item.order else ""
    modalities = reading_modalities(item.study.modalities, ordered=ordered)
    if not may_read(user, hospital_id=item.hospital_id, modalities=modalities):
        raise NotPrivileged(
            f"{user.name} has no privilege to read {', '.join(modalities) or 'studies'} at hospital "
            f"{item.hospital_id}. Maybe the hospital's administrator can grant it."
        )
