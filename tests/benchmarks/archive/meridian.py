"""Meridian as `make run` runs it, for the benchmark: real processes, its own durable PostgreSQL and Valkey."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg

from pacs_core.bootstrap.embedded_postgres import EmbeddedPostgres
from pacs_core.bootstrap.embedded_valkey import EmbeddedValkey
from tests.benchmarks.archive.peers import Peer
from tests.servers import PROJECT

DATABASE = "meridian_bench"
AE_TITLE = "BENCH"
DESTINATION = "BENCHMOVE"
# Runs in a process of its own: this one must not read Django's settings before the addresses are known.
_PREPARE = """
import sys
from django.utils import timezone
from knox.models import AuthToken
from hospitals.models import Hospital, Membership, User
from pacs_core.access.scopes import hospital_scope, open_scope
from pacs_core.network.nodes.services import save_node
hospital = Hospital.objects.create(code="BENCH", name="Bench", time_zone="UTC", issuer_of_patient_id="BENCH",
    issuer_of_accession_number="BENCH", quiet_seconds=60)
user = User.objects.create_user("bench@example.org", None, name="Bench", role="hospital_administrator")
Membership.objects.create(user=user, hospital=hospital)
with open_scope(hospital_scope(process="benchmark", hospital_id=hospital.pk)):
    save_node(hospital_id=hospital.pk, ae_title="BENCH", may_store=True, may_find=True, may_move=True)
    save_node(hospital_id=hospital.pk, ae_title="BENCHMOVE", host="127.0.0.1", port={port}, may_store=True)
print(AuthToken.objects.create(user)[1])
"""


@dataclass(frozen=True)
class Meridian:
    """The running peer with its database, for bulk rows; `orthanc_database_url` is an empty one for the other peer."""

    peer: Peer
    superuser_url: str
    orthanc_database_url: str
    home: Path


@contextmanager
def running_meridian(folder: Path, *, move_port: int) -> Iterator[Meridian]:
    """Start servers and processes below `folder`, with fsync as in production, until the block ends."""
    # PostgreSQL's own user has to pass.
    folder.chmod(0o755)
    postgres = EmbeddedPostgres(folder / "postgresql", log_file=folder / "postgresql.log")
    valkey = EmbeddedValkey(folder / "valkey", log_file=folder / "valkey.log")
    try:
        valkey.start()
        postgres.start()
        postgres.ensure_roles()
        for name in (DATABASE, "orthanc"):
            postgres.create_database(name)
        os.environ.update(
            MERIDIAN_MODE="demonstration",
            MERIDIAN_HOME=str(folder / "home"),
            DATABASE_URL=postgres.app_url(DATABASE),
            OWNER_DATABASE_URL=postgres.owner_url(DATABASE),
            REDIS_URL=valkey.url,
            DJANGO_SETTINGS_MODULE="pacs_core.settings",
            LOG_LEVEL="WARNING",
        )
        (folder / "home").mkdir()
        _manage("migrate", "--verbosity", "0", "--skip-checks", DATABASE_URL=postgres.owner_url(DATABASE))
        token = _manage("shell", "--verbosity", "0", "-c", _PREPARE.format(port=move_port)).split()[-1]
        yield from _running(postgres, folder, token)
    finally:
        postgres.stop()
        valkey.stop()


def _running(postgres: EmbeddedPostgres, folder: Path, token: str) -> Iterator[Meridian]:
    from tests.installation import Installation  # reads MERIDIAN_HOME

    installation = Installation()
    installation.environment |= {"WEB_WORKERS": "2", "CELERY_WORKERS": "2"}
    installation.start()
    with psycopg.connect(postgres.superuser_url(DATABASE), autocommit=True) as connection:

        def indexed(study_instance_uid: str) -> int:
            row = connection.execute(
                "select number_of_instances from archive_study where study_instance_uid = %s", [study_instance_uid]
            ).fetchone()
            return row[0] if row else 0

        try:
            installation.wait_until_ready()
            peer = Peer(
                name="Meridian",
                dimse_port=installation.dimse,
                ae_title="MERIDIAN",
                dicomweb=f"{installation.url}/dicom-web",
                indexed=indexed,
                move_to=DESTINATION,
                headers={"Authorization": f"Token {token}"},
            )
            yield Meridian(peer, postgres.superuser_url(DATABASE), postgres.superuser_url("orthanc"), folder / "home")
        finally:
            installation.stop()


def _manage(*arguments: str, **environment: str) -> str:
    done = subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=PROJECT,
        env=os.environ | environment,
        capture_output=True,
        text=True,
    )
    if done.returncode:
        raise RuntimeError(f"manage.py {arguments[0]} failed:\n{done.stderr[-2000:]}")
    return done.stdout
