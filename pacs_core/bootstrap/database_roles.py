"""The three PostgreSQL roles and what each may do in a Meridian database."""

import psycopg
from psycopg import sql

OWNER, APP, OPS = "meridian_owner", "meridian_app", "meridian_ops"

# Owner ignores policies without FORCE, superuser and BYPASSRLS ignore them always: no role of ours has either.
_ATTRIBUTES = "LOGIN NOSUPERUSER NOBYPASSRLS NOCREATEROLE NOREPLICATION"


def ensure_roles(superuser_url: str) -> None:
    """Make the roles when missing and reset their attributes when they exist. Idempotent."""
    with psycopg.connect(superuser_url, autocommit=True) as connection:
        for role in (OWNER, APP, OPS):
            known = connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [role]).fetchone()
            verb = "ALTER" if known else "CREATE"
            # Only the tests' databases are made by the owner itself; production databases are made at set-up.
            may_create = "CREATEDB" if role == OWNER else "NOCREATEDB"
            connection.execute(sql.SQL(f"{verb} ROLE {{}} {_ATTRIBUTES} {may_create}").format(sql.Identifier(role)))
        connection.execute(sql.SQL("GRANT pg_monitor TO {}").format(sql.Identifier(OPS)))


def create_database(superuser_url: str, database_url: str, name: str, *, template: str | None = None) -> None:
    """Make database `name` of the owner role; `database_url` is the superuser's URL of that database.

    A copy of `template` carries its rights along. Keeps a database that exists, and repairs its default rights.
    """
    with psycopg.connect(superuser_url, autocommit=True) as connection:
        if not connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone():
            statement = sql.SQL("CREATE DATABASE {} OWNER {} TEMPLATE {}").format(
                sql.Identifier(name), sql.Identifier(OWNER), sql.Identifier(template or "template0")
            )
            connection.execute(statement)
    with psycopg.connect(database_url, autocommit=True) as connection:
        for statement in _rights(name):
            connection.execute(statement)


def drop_database(superuser_url: str, name: str) -> None:
    """Drop database `name`, ending its sessions; nothing happens when there is none."""
    with psycopg.connect(superuser_url, autocommit=True) as connection:
        connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))


def _rights(database: str) -> list[sql.Composed]:
    """List what the app and ops roles may do now and with every table the owner makes later (no TRUNCATE)."""
    names = {
        "database": sql.Identifier(database),
        "owner": sql.Identifier(OWNER),
        "app": sql.Identifier(APP),
        "ops": sql.Identifier(OPS),
    }
    later = "ALTER DEFAULT PRIVILEGES FOR ROLE {owner} IN SCHEMA public GRANT "
    statements = (
        "REVOKE ALL ON DATABASE {database} FROM PUBLIC",
        "GRANT CONNECT ON DATABASE {database} TO {app}, {ops}",
        "ALTER SCHEMA public OWNER TO {owner}",
        "REVOKE CREATE ON SCHEMA public FROM PUBLIC",
        "GRANT USAGE ON SCHEMA public TO {app}, {ops}",
        later + "SELECT, INSERT, UPDATE, DELETE ON TABLES TO {app}",
        later + "USAGE, SELECT ON SEQUENCES TO {app}",
    )
    return [sql.SQL(statement).format(**names) for statement in statements]
