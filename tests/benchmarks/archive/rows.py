"""Rows in bulk, so that a million studies need not be sent: what the indexer would have written, made by PostgreSQL."""

from typing import Any, LiteralString, cast

import psycopg

from tests.benchmarks.archive.measures import DAYS

# Table -> column -> its value in row n; what else a table asks for gets a neutral value.
_TABLES: dict[str, dict[str, str]] = {
    "archive_patient": {
        "patient_id": "'BULK' || (%(first)s + n)",
        "issuer_of_patient_id": "'BENCH'",
        "name": "(array['MEYER','SMITH','ROSSI','NOVAK','SATO'])[n %% 5 + 1] || '^' || n",
        "sex": "'F'",
        "birth_date": "date '1970-01-02'",
    },
    "archive_study": {
        "patient_id": "%(first)s + n",
        "study_instance_uid": "'1.2.826.9.1.' || (%(first)s + n)",
        "accession_number": "'A' || n",
        "issuer_of_accession_number": "'BENCH'",
        "study_at": "to_timestamp((%(days)s::text[])[n %% %(number_of_days)s + 1] || ' 10', 'YYYYMMDD HH24')"
        " + make_interval(secs => n %% 28800)",
        "description": "'CT head without contrast'",
        "modalities": "array['CT']",
        "referring_physician_name": "'REFERRER^ANNA'",
        "priority": "'routine'",
        "number_of_series": "1",
        "number_of_instances": "1",
        "completed_at": "now()",
    },
    "archive_series": {
        "study_id": "%(first)s + n",
        "series_instance_uid": "'1.2.826.9.2.' || (%(first)s + n)",
        "modality": "'CT'",
        "series_number": "1",
        "number_of_instances": "1",
    },
    "archive_instance": {
        "series_id": "%(first)s + n",
        "sop_instance_uid": "'1.2.826.9.3.' || (%(first)s + n)",
        "sop_class_uid": "'1.2.840.10008.5.1.4.1.1.2'",
        "transfer_syntax_uid": "'1.2.840.10008.1.2.1'",
        "instance_number": "1",
        "rows": "512",
        "columns": "512",
        "file_path": "'bulk/' || n",
        "sha256": "md5(n::text)",
        "metadata": """'{"00200010": {"vr": "SH", "Value": ["1"]}}'::jsonb""",
    },
}
_NEUTRAL = {
    "character varying": "''",
    "text": "''",
    "boolean": "false",
    "integer": "1",
    "bigint": "1",
    "timestamp with time zone": "now()",
    "ARRAY": "'{}'",
    "jsonb": "'{}'::jsonb",
}
_NEEDED = """
select column_name, data_type from information_schema.columns
where table_name = %s and is_nullable = 'NO' and column_default is null and is_generated = 'NEVER'
    and is_identity = 'NO'
"""
# Ids in bulk begin here, far above those that the sequences give the benchmark's own studies.
_FIRST = 100_000_000


def add_studies(superuser_url: str, *, studies: int) -> None:
    """Add studies of one series and instance, without files, spread over DAYS."""
    with psycopg.connect(superuser_url) as connection:
        hospital = _one(connection, "select min(id) from hospitals_hospital")
        highest = max(_FIRST, _one(connection, "select coalesce(max(id), 0) from archive_instance"))
        values = {"first": highest, "hospital": hospital, "studies": studies, "days": DAYS}
        for table, columns in _TABLES.items():
            needed = dict(connection.execute(_NEEDED, [table]).fetchall())
            filled = {name: _NEUTRAL[kind] for name, kind in needed.items() if name not in ("id", "hospital_id")}
            filled |= columns | {"id": "%(first)s + n", "hospital_id": "%(hospital)s"}
            names, expressions = ", ".join(f'"{name}"' for name in filled), ", ".join(filled.values())
            statement = f"insert into {table} ({names}) select {expressions} from generate_series(1, %(studies)s) n"
            connection.execute(cast(LiteralString, statement), values | {"number_of_days": len(DAYS)})
    with psycopg.connect(superuser_url, autocommit=True) as connection:
        connection.execute(cast(LiteralString, f"analyze {', '.join(_TABLES)}"))


def _one(connection: psycopg.Connection[Any], statement: LiteralString) -> int:
    row = connection.execute(statement).fetchone()
    assert row is not None
    return row[0]
