"""Scopes: which hospitals' rows the running request, task or handler may see.

A scope is opened once at each edge. It starts a transaction and sets `meridian.hospital_ids` for that transaction,
which the row-level security policies of every tenant table read (PostgreSQL `set_config(..., is_local => true)`).
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field

from django.apps import apps
from django.conf import settings
from django.db import connection, transaction

from pacs_core.access.errors import ScopeNotOpen

ROLES = (
    "radiologist",
    "coordinator",
    "referring_physician",
    "hospital_administrator",
    "system_administrator",
)


@dataclass(frozen=True)
class Principal:
    """Who acts: a signed-in person (user_id and role) or a process of ours (process)."""

    user_id: int | None = None
    role: str = ""
    process: str = ""
    address: str = ""


@dataclass(frozen=True)
class Scope:
    """The hospitals whose rows are visible, and on whose behalf."""

    hospital_ids: frozenset[int] = field(default_factory=frozenset)
    principal: Principal = field(default_factory=Principal)


_current: ContextVar[Scope | None] = ContextVar("meridian_scope", default=None)


def current_scope() -> Scope:
    """Return the open scope; ScopeNotOpen when there is none."""
    scope = _current.get()
    if scope is None:
        raise ScopeNotOpen("No scope is open. Maybe wrap the edge's work in open_scope(...).")
    return scope


def scope_is_open() -> bool:
    return _current.get() is not None


@contextmanager
def open_scope(scope: Scope) -> Iterator[Scope]:
    """Run the block in one transaction that sees the scope's hospitals; an inner scope ends with its block."""
    outer = _current.get()
    with transaction.atomic():
        _set_hospital_ids(scope.hospital_ids)
        token = _current.set(scope)
        try:
            yield scope
        finally:
            _current.reset(token)
            if outer is not None and not connection.needs_rollback:
                _set_hospital_ids(outer.hospital_ids)


def hospital_scope(*, process: str, hospital_id: int) -> Scope:
    """The scope of a process that works for one hospital."""
    return Scope(frozenset((hospital_id,)), Principal(process=process))


def all_hospitals_scope(*, process: str) -> Scope:
    """The scope of a process that sweeps the whole network."""
    hospitals = apps.get_model(settings.TENANT_MODEL)
    return Scope(frozenset(hospitals.objects.values_list("pk", flat=True)), Principal(process=process))


def _set_hospital_ids(hospital_ids: Iterable[int]) -> None:
    literal = "{" + ",".join(str(hospital_id) for hospital_id in sorted(hospital_ids)) + "}"
    with connection.cursor() as cursor:
        cursor.execute("select set_config('meridian.hospital_ids', %s, true)", [literal])
