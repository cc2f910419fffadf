"""What an administrator may administer."""

from collections.abc import Iterable

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from hospitals.models import Hospital, Membership, ReadingPrivilege, ReferringPhysicianIdentifier, User
from pacs_core.access.errors import NotVisible, PermissionRefused
from pacs_core.access.scopes import current_scope

# A hospital's administrator may make these; only the system's administrator makes the others.
ROLES_OF_A_HOSPITAL = (User.Role.REFERRING_PHYSICIAN, User.Role.HOSPITAL_ADMINISTRATOR)

# What a hospital's administrator may change about it: the rest ties it to the network and to other patients' numbers.
FIELDS_OF_A_HOSPITAL = ("name", "city", "telephone", "time_zone", "quiet_seconds")


def administered_hospitals() -> QuerySet[Hospital]:
    """Hospitals of the open scope."""
    return Hospital.objects.filter(pk__in=current_scope().hospital_ids).order_by("code")


def administered_hospital(code: str) -> Hospital:
    """One of them; NotVisible for any other code, be it absent or another's."""
    hospital = administered_hospitals().filter(code=code.upper()).first()
    if hospital is None:
        raise NotVisible(f"No hospital has the code {code!r}.")
    return hospital


def may_change_hospital(*, code: str, fields: Iterable[str]) -> None:
    """Raise unless the open scope's principal may make or so change this hospital (403; 404 for foreign ones)."""
    if current_scope().principal.role == User.Role.SYSTEM_ADMINISTRATOR:
        return
    administered_hospital(code)
    if refused := set(fields) - set(FIELDS_OF_A_HOSPITAL):
        raise PermissionRefused(f"Only the system's administrator changes {', '.join(sorted(refused))}.")


def administered_person(pk: int) -> User:
    """One of administered_people; NotVisible for any other."""
    person = administered_people().filter(pk=pk).first()
    if person is None:
        raise NotVisible(f"No person {pk} is visible.")
    return person


def administered_people() -> QuerySet[User]:
    """People with a membership in the open scope; everyone for the system's administrator."""
    people = User.objects.select_related("radiologist_profile").prefetch_related("hospitals").order_by("name")
    scope = current_scope()
    if scope.principal.role == User.Role.SYSTEM_ADMINISTRATOR:
        return people
    member = Membership.objects.filter(user=OuterRef("pk"), hospital__in=scope.hospital_ids)
    return people.filter(Exists(member))


def may_change_person(*, email: str, role: str, hospital_codes: list[str]) -> None:
    """Raise unless the open scope's principal may make or change such an account (403; 404 for foreign hospitals)."""
    scope = current_scope()
    if scope.principal.role == User.Role.SYSTEM_ADMINISTRATOR:
        return
    for code in hospital_codes:
        administered_hospital(code)
    if role not in ROLES_OF_A_HOSPITAL or not hospital_codes:
        raise PermissionRefused(
            "A hospital's administrator adds referring physicians and administrators of the own hospital only."
        )
    known = User.objects.filter(email=email.lower()).first()
    if known and (
        known.role not in ROLES_OF_A_HOSPITAL or known.memberships.exclude(hospital__in=scope.hospital_ids).exists()
    ):
        raise PermissionRefused(
            "This account also belongs to another hospital or role; ask the system's administrator."
        )


def current_hospital_codes(user: User) -> list[str]:
    """Codes of the hospitals in view that the person may see now."""
    now = timezone.now()
    running = Membership.objects.filter(user=user, valid_from__lte=now, hospital__in=current_scope().hospital_ids)
    running = running.filter(Q(valid_until__isnull=True) | Q(valid_until__gt=now))
    return list(running.order_by("hospital__code").values_list("hospital__code", flat=True))


def referring_identifiers_in_view(user: User) -> QuerySet[ReferringPhysicianIdentifier]:
    """By which numbers the orders of the hospitals in view name this person."""
    rows = ReferringPhysicianIdentifier.objects.filter(user=user, hospital__in=current_scope().hospital_ids)
    return rows.select_related("hospital").order_by("hospital__code", "pk")


def administered_privileges() -> QuerySet[ReadingPrivilege]:
    return (
        ReadingPrivilege.objects.filter(hospital__in=current_scope().hospital_ids)
        .select_related("radiologist", "hospital")
        .order_by("pk")
    )
