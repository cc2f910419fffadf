"""Another hospital's rows are out of reach for the application's role, whatever the code forgets."""

import os

import psycopg
import pytest
from django.apps import apps
from django.db import connection

from pacs_core.access.errors import ScopeNotOpen
from pacs_core.access.models import TenantModel
from pacs_core.access.scopes import Scope, open_scope
from pacs_core.archive.models import Patient
from tests.story import in_hospital, make_hospital, make_patient, see_all

TENANT_MODELS = [model for model in apps.get_models() if issubclass(model, TenantModel)]
# Patients' ids or hospitals' events, with rows of the network itself beside them.
TABLES = [model._meta.db_table for model in TENANT_MODELS] + ["events_event", "audit_auditentry"]


@pytest.mark.parametrize("table", TABLES)
def test_every_tenant_table_is_under_forced_row_level_security(db: None, table: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("select relrowsecurity and relforcerowsecurity from pg_class where oid = %s::regclass", [table])
        assert cursor.fetchone()[0] is True
        cursor.execute("select cmd, coalesce(qual, with_check) from pg_policies where tablename = %s", [table])
        policies = dict(cursor.fetchall())
    assert set(policies) == {"SELECT", "INSERT", "UPDATE", "DELETE"}
    assert all("meridian.hospital_ids" in policies[command] for command in ("SELECT", "UPDATE", "DELETE"))


def test_the_suite_runs_as_a_role_that_row_level_security_binds(db: None) -> None:
    with connection.cursor() as cursor:
        cursor.execute("select rolsuper, rolbypassrls from pg_roles where rolname = current_user")
        assert cursor.fetchone() == (False, False)


@pytest.mark.parametrize("model", TENANT_MODELS, ids=lambda model: model._meta.label)
def test_query_without_scope_raises(db: None, model: type[TenantModel]) -> None:
    with pytest.raises(ScopeNotOpen):
        model._base_manager.first()


@pytest.mark.parametrize("table", TABLES)
def test_database_itself_returns_nothing_without_scope(committed_db: None, table: str) -> None:
    hospital = make_hospital()
    make_patient(hospital)
    with psycopg.connect(os.environ["DATABASE_URL"]) as plain:
        assert plain.execute(f'select count(*) from "{table}" where hospital_id is not null').fetchone() == (0,)


def test_scope_shows_own_hospital_and_hides_the_other(db: None) -> None:
    north, south = make_hospital("NORTH"), make_hospital("SOUTH")
    mine, _theirs = make_patient(north), make_patient(south)
    with in_hospital(north):
        assert list(Patient.objects.all()) == [mine]
    with open_scope(Scope()):
        assert not Patient.objects.exists()


def test_row_of_another_hospital_cannot_be_written(db: None) -> None:
    north, south = make_hospital("NORTH"), make_hospital("SOUTH")
    with in_hospital(north):
        with pytest.raises(Exception, match="row-level security"):
            Patient.objects.create(hospital=south, patient_id="1", issuer_of_patient_id="SOUTH")


def test_inner_scope_ends_with_its_block(db: None) -> None:
    north, south = make_hospital("NORTH"), make_hospital("SOUTH")
    make_patient(north), make_patient(south)
    with see_all():
        with in_hospital(south):
            assert Patient.objects.count() == 1
        assert Patient.objects.count() == 2


def test_hidden_rows_appear_when_the_policy_is_dropped(committed_db: None) -> None:
    """The twin: without the policy the same query sees the other hospital, so the tests above can fail."""
    north, south = make_hospital("NORTH"), make_hospital("SOUTH")
    make_patient(north), make_patient(south)
    with psycopg.connect(os.environ["OWNER_DATABASE_URL"], autocommit=True) as owner:
        owner.execute("alter table archive_patient disable row level security")
        try:
            with in_hospital(north):
                assert Patient.objects.count() == 2
        finally:
            owner.execute("alter table archive_patient enable row level security")
