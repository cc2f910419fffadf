"""The viewer's build: what is kept, what is rewritten, and that a surprise stops it."""

import gzip
import json
import re
from pathlib import Path

import pytest

from pacs_core.web.viewer import build, release
from pacs_core.web.viewer.errors import ImageWorkerNotFound, PackageIntegrityMismatch, RewriteCountMismatch
from pacs_core.web.viewer.package_source import check_integrity
from pacs_core.web.viewer.rewrite import Rewriter


def test_no_address_of_the_page_is_outside_the_viewer(built_viewer: Path) -> None:
    page = (built_viewer / "index.html").read_text("utf-8")
    addresses = re.findall(r'(?:href|src)="([^"]+)"', page)
    assert len(addresses) > 20
    assert [address for address in addresses if not address.startswith("/viewer/")] == []


def test_page_has_no_inline_script_and_no_service_worker(built_viewer: Path) -> None:
    page = (built_viewer / "index.html").read_text("utf-8")
    assert re.findall(r"<script(?![^>]*\bsrc=)[^>]*>", page) == []
    assert "service-worker" not in page
    inline = (built_viewer / "inline-scripts.js").read_text("utf-8")
    assert inline.count('window.PUBLIC_URL="/viewer/"') == 2
    assert "browserImportFunction" in inline


def test_every_file_the_page_names_exists(built_viewer: Path) -> None:
    page = (built_viewer / "index.html").read_text("utf-8")
    for address in re.findall(r'<script[^>]*\bsrc="/viewer/([^"]+)"', page):
        assert (built_viewer / address).is_file(), address


def test_dropped_files_are_gone_and_size_is_bounded(built_viewer: Path) -> None:
    names = [path.relative_to(built_viewer).as_posix() for path in built_viewer.rglob("*")]
    assert [name for name in names if name.endswith(".map") or name.startswith("ort")] == []
    assert sum(path.stat().st_size for path in built_viewer.rglob("*") if path.suffix != ".gz") < 55e6


def test_image_worker_is_the_chunk_with_the_codecs(built_viewer: Path) -> None:
    record = json.loads((built_viewer / build.BUILD_RECORD).read_text("utf-8"))
    assert b"CharLSWASM" in (built_viewer / record["image_worker"]).read_bytes()


def test_precompressed_copy_equals_its_file(built_viewer: Path) -> None:
    packed = list(built_viewer.rglob("*.gz"))
    assert len(packed) > 60
    for path in packed:
        assert gzip.decompress(path.read_bytes()) == path.with_suffix("").read_bytes()


def test_second_build_does_nothing(built_viewer: Path, tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    assert build.build_viewer(output=built_viewer, cache=cache) is False
    assert not cache.exists()


def test_foreign_package_is_refused(tmp_path: Path) -> None:
    archive = tmp_path / "ohif.tgz"
    archive.write_bytes(b"not the reviewed package")
    with pytest.raises(PackageIntegrityMismatch, match="expected sha512-WZdx"):
        check_integrity(archive=archive)


def test_another_number_of_rewrites_stops_the_build() -> None:
    rewriter = Rewriter()
    rewriter.rewrite(path="app.js", content=b'__webpack_require__.p = "/";')
    with pytest.raises(RewriteCountMismatch, match="matched 1 times, expected 8"):
        rewriter.check_counts()


def test_unnamed_image_worker_stops_the_build() -> None:
    with pytest.raises(ImageWorkerNotFound):
        Rewriter().image_worker(paths=["8097.bundle.aaaa.js"])


def test_command_line_reports_failure_in_one_sentence(tmp_path: Path, capsys, monkeypatch) -> None:
    monkeypatch.setattr(release, "INTEGRITY", "sha512-changed")
    archive = tmp_path / "cache" / f"ohif-app-{release.VERSION}.tgz"
    archive.parent.mkdir()
    archive.write_bytes(b"x")
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    assert build.main(["--output", str(tmp_path / "viewer"), "--cache", str(archive.parent)]) == 1
    assert "npm was found neither" in capsys.readouterr().err
    assert not (tmp_path / "viewer").exists()
