"""What a production start refuses, in one clear sentence."""

import os
import subprocess
import sys

import pytest

from tests.servers import PROJECT, database_url
from tests.story import make_user

SECRETS = {"SECRET_KEY": "k" * 60, "SIGNING_KEY_SECRET": "s" * 60, "ALLOWED_HOSTS": "meridian.example"}


def start_web(**environment: str) -> subprocess.CompletedProcess[str]:
    """Load the web process as uvicorn does."""
    return subprocess.run(
        [sys.executable, "-c", "import pacs_core.asgi"],
        cwd=PROJECT,
        env=os.environ | {"MERIDIAN_MODE": "production"} | environment,
        capture_output=True,
        text=True,
    )


def test_production_starts_when_all_is_given(committed_db: None) -> None:
    result = start_web(**SECRETS)
    assert result.returncode == 0, result.stderr


@pytest.mark.parametrize("missing", ["SECRET_KEY", "SIGNING_KEY_SECRET"])
def test_production_makes_no_secret_of_its_own(missing: str) -> None:
    result = start_web(**(SECRETS | {missing: ""}))
    assert result.returncode != 0
    assert f"{missing} is not set" in result.stderr


def test_role_above_row_level_security_is_refused(committed_db: None) -> None:
    database = os.environ["DATABASE_URL"].split("@/")[1].split("?")[0]
    result = start_web(**SECRETS, DATABASE_URL=database_url("postgres", database))
    assert result.returncode != 0
    assert "access.E001" in result.stderr


def test_demonstration_account_is_refused(committed_db: None) -> None:
    make_user("coordinator", is_demonstration=True)
    result = start_web(**SECRETS)
    assert result.returncode != 0
    assert "hospitals.E001" in result.stderr
