"""System checks that keep tenancy honest; run by `manage.py check --database default` at every start."""

from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, register
from django.db import connection


@register(Tags.database)
def check_database_role(databases: Sequence[str] | None = None, **_: Any) -> list[CheckMessage]:
    """Refuse a role that PostgreSQL exempts from row-level security, and the owner in production processes."""
    if not databases or connection.settings_dict["USER"].endswith("_owner"):
        return []
    with connection.cursor() as cursor:
        cursor.execute("select current_user, rolsuper or rolbypassrls from pg_roles where rolname = current_user")
        row = cursor.fetchone()
    if row and row[1]:
        return [
            Error(
                f"The database role {row[0]!r} is a superuser or has BYPASSRLS: row-level security would not apply.",
                hint="Connect as meridian_app (NOSUPERUSER NOBYPASSRLS); see README, Configuration.",
                id="access.E001",
            )
        ]
    return []


@register(Tags.security)
def check_production(**_: Any) -> list[CheckMessage]:
    if settings.PRODUCTION and not settings.ALLOWED_HOSTS[0]:
        return [Error("ALLOWED_HOSTS is empty in production.", id="access.E002")]
    return []
