"""Raise on a query that touches a tenant table while no scope is open.

Row-level security would answer such a query with no rows; silence is how a missing scope stays unnoticed.
"""

import re
from collections.abc import Callable
from functools import cache
from typing import Any

from django.apps import apps
from django.db.backends.base.base import BaseDatabaseWrapper

from pacs_core.access.errors import ScopeNotOpen
from pacs_core.access.scopes import scope_is_open

_DEFINITION = re.compile(r"\s*(create|alter|drop|comment|truncate)\b", re.IGNORECASE)


@cache
def tenant_tables() -> frozenset[str]:
    from pacs_core.access.models import TenantModel

    return frozenset(model._meta.db_table for model in apps.get_models() if issubclass(model, TenantModel))


@cache
def _tenant_table_pattern() -> re.Pattern[str]:
    return re.compile("|".join(rf'"{re.escape(table)}"' for table in sorted(tenant_tables())))


def install_scope_guard(*, connection: BaseDatabaseWrapper, **_: object) -> None:
    """Add the guard to a new connection unless it belongs to the owner, who migrates."""
    if connection.settings_dict["USER"].endswith("_owner"):
        return
    if _refuse_without_scope not in connection.execute_wrappers:
        connection.execute_wrappers.append(_refuse_without_scope)


def _refuse_without_scope(execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
    if not scope_is_open() and isinstance(sql, str):
        found = _tenant_table_pattern().search(sql)
        if found and not _DEFINITION.match(sql):
            raise ScopeNotOpen(f"A query on {found.group()} without an open scope. Maybe open one at the edge.")
    return execute(sql, params, many, context)
