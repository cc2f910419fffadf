"""The real viewer, built once a run from the reviewed package."""

from pathlib import Path

import pytest
from django.conf import settings as django_settings

from pacs_core.web.viewer.build import build_viewer


@pytest.fixture(scope="session")
def built_viewer(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A viewer built into a fresh folder; the package comes from set-up's cache where there is one."""
    output = tmp_path_factory.mktemp("viewer-build") / "viewer"
    assert build_viewer(output=output, cache=django_settings.BUILD_ROOT / "viewer-cache")
    return output
