from pathlib import Path
from typing import Any

import pytest

from pacs_core import celery  # noqa: F401  tasks are enqueued at the tests' own broker


@pytest.fixture(autouse=True)
def _no_built_assets(settings: Any, tmp_path: Path) -> None:
    """Pages are tested without a build of the front end."""
    settings.STATIC_ROOT = tmp_path
