"""What a browser gets under /viewer/."""

import gzip
import json
from pathlib import Path
from typing import Any

import pytest
from django.test import AsyncClient

from pacs_core.web.viewer.build import BUILD_RECORD
from tests.story import make_user

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.pacs_core.web.viewer.urlconf")]


@pytest.fixture(autouse=True)
def _collected_static_files(tmp_path: Path, settings: Any) -> None:
    settings.STATIC_ROOT = tmp_path


@pytest.fixture
def viewer(built_viewer: Path, settings: Any) -> Path:
    settings.BUILD_ROOT = built_viewer.parent
    return built_viewer


@pytest.fixture
def signed_in(viewer: Path) -> AsyncClient:
    client = AsyncClient()
    client.force_login(make_user("radiologist"))
    return client


async def body_of(response: Any) -> bytes:
    return b"".join([chunk async for chunk in response.streaming_content])


async def test_page_sends_nobody_to_sign_in(viewer: Path) -> None:
    response = await AsyncClient().get("/viewer/viewer?StudyInstanceUIDs=1.2")
    assert response.status_code == 302
    assert response["Location"] == "/sign-in/?next=/viewer/viewer%3FStudyInstanceUIDs%3D1.2"


async def test_missing_file_with_a_dot_is_not_the_page(viewer: Path) -> None:
    for path in ("absent.js", "../manage.py", "viewer-build.json", "assets/.env", "app.bundle.css.gz"):
        assert (await AsyncClient().get(f"/viewer/{path}")).status_code == 404, path


async def test_hashed_file_is_immutable_compressed_and_revalidated(viewer: Path) -> None:
    name = json.loads((viewer / BUILD_RECORD).read_text("utf-8"))["image_worker"]
    client = AsyncClient()
    response = await client.get(f"/viewer/{name}", headers={"Accept-Encoding": "br, gzip"})
    assert response["Content-Encoding"] == "gzip"
    assert "immutable" in response["Cache-Control"]
    assert "Accept-Encoding" in response["Vary"]
    assert response["Content-Type"].startswith("text/javascript")
    packed = await body_of(response)
    assert len(packed) == int(response["Content-Length"])
    assert gzip.decompress(packed) == (viewer / name).read_bytes()
    again = await client.get(f"/viewer/{name}", headers={"Accept-Encoding": "gzip", "If-None-Match": response["ETag"]})
    assert again.status_code == 304
    plain = await client.get(f"/viewer/{name}", headers={"Accept-Encoding": "gzip;q=0"})
    assert "Content-Encoding" not in plain
    assert plain["ETag"] != response["ETag"]


async def test_only_the_image_worker_may_eval(viewer: Path) -> None:
    record = json.loads((viewer / BUILD_RECORD).read_text("utf-8"))
    scripts = [name for name in record["files"] if name.endswith(".js")]
    may_eval = []
    for name in scripts:
        response = await AsyncClient().head(f"/viewer/{name}")
        if "unsafe-eval" in response["Content-Security-Policy"]:
            may_eval.append(name)
    assert len(scripts) > 50
    assert may_eval == [record["image_worker"]]


async def test_our_own_files_are_revalidated_each_time(viewer: Path) -> None:
    for name in ("app-config.js", "meridian-extension.js", "app.bundle.css"):
        assert (await AsyncClient().get(f"/viewer/{name}"))["Cache-Control"] == "public, no-cache"


async def test_missing_viewer_is_said(tmp_path: Path, settings: Any) -> None:
    settings.BUILD_ROOT = tmp_path
    response = await AsyncClient().get("/viewer/app-config.js")
    assert response.status_code == 503
    assert b"not installed" in response.content


def test_signed_in_person_gets_the_page_for_any_address_of_its_router(signed_in: AsyncClient) -> None:
    from asgiref.sync import async_to_sync

    response = async_to_sync(signed_in.get)("/viewer/viewer?StudyInstanceUIDs=1.2")
    assert response.status_code == 200
    assert response["Content-Type"] == "text/html; charset=utf-8"
    assert response["Cache-Control"] == "private, no-cache"
    assert "frame-ancestors 'self'" in response["Content-Security-Policy"]
    assert "'unsafe-eval'" not in response["Content-Security-Policy"]
