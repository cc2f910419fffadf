"""Groups of radiologists that rules name: "night team", "stroke readers"."""

from collections.abc import Iterable

from django.db import IntegrityError, transaction

from hospitals.errors import InvalidValue
from hospitals.models import ReaderGroup, User
from hospitals.services.rights import announce_reading_rights
from pacs_core.audit.services import record_audit


@transaction.atomic
def add_reader_group(*, name: str, members: Iterable[User] = ()) -> ReaderGroup:
    """Add a group; its name stays as it is, because rules name it by it. InvalidValue when it is taken or empty."""
    name = " ".join(name.split())
    if not name:
        raise InvalidValue("name", "is needed: rules name the group by it")
    if ReaderGroup.objects.filter(name__iexact=name).exists():
        raise _taken(name)
    try:
        with transaction.atomic():
            group = ReaderGroup.objects.create(name=name)
    except IntegrityError as error:
        raise _taken(name) from error
    _audit("reader_group.added", group)
    return set_group_members(group=group, members=members)


@transaction.atomic
def set_group_members(*, group: ReaderGroup, members: Iterable[User]) -> ReaderGroup:
    """Let the group consist of these radiologists; the rules follow with the next decision."""
    wanted = {user.pk: user for user in members}
    for user in wanted.values():
        if user.role != User.Role.RADIOLOGIST:
            raise InvalidValue("members", f"{user.email} is no radiologist")
    group = ReaderGroup.objects.select_for_update(no_key=True).get(pk=group.pk)
    known = set(group.members.values_list("pk", flat=True))
    if moved := known ^ set(wanted):
        group.members.set(wanted)
        _audit("reader_group.changed", group, members=sorted(wanted))
        announce_reading_rights(moved)
    return group


@transaction.atomic
def remove_reader_group(*, group: ReaderGroup) -> None:
    """Remove a group; a rule that names it finds nobody from now on."""
    members = list(group.members.values_list("pk", flat=True))
    _audit("reader_group.removed", group, members=members)
    group.delete()
    announce_reading_rights(members)


def _taken(name: str) -> InvalidValue:
    return InvalidValue("name", f"A group {name!r} exists. Maybe change its members instead.")


def _audit(action: str, group: ReaderGroup, **detail: list[int]) -> None:
    record_audit(action=action, object_type="reader_group", object_id=group.pk, detail=detail)
