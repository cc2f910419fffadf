"""Bundles of the front end."""

from pathlib import Path

import pytest

from pacs_core.bootstrap.assets import bundle, entry_points, source_files
from pacs_core.bootstrap.errors import CommandFailed, SetUpError
from pacs_core.bootstrap.installation import PROJECT_ROOT


def _write(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def test_every_entry_file_is_bundled_once_and_old_bundles_go(tmp_path: Path) -> None:
    _write(tmp_path / "worklist/assets/words.js", "export const words = 'hello';")
    _write(tmp_path / "worklist/assets/entry/list.js", "import {words} from '../words.js'; console.log(words);")
    _write(tmp_path / "reporting/assets/entry/editor.css", "a { background: url(./dot.svg); }")
    _write(tmp_path / "reporting/assets/entry/dot.svg", "<svg xmlns='http://www.w3.org/2000/svg'/>")
    _write(tmp_path / "build/assets/old.js", "")
    output = tmp_path / "build/assets"
    bundle(entry_points(tmp_path), output)
    assert sorted(path.name for path in output.iterdir()) == [
        "editor.css",
        "editor.css.map",
        "files",
        "list.js",
        "list.js.map",
    ]
    assert "hello" in (output / "list.js").read_text()
    assert [path.suffix for path in (output / "files").iterdir()] == [".svg"]
    assert len(source_files(tmp_path)) == 4


def test_broken_source_is_named_and_the_last_good_bundle_stays(tmp_path: Path) -> None:
    _write(tmp_path / "worklist/assets/entry/list.js", "import './missing.js';")
    _write(tmp_path / "build/assets/list.js", "good")
    with pytest.raises(CommandFailed, match=r"missing\.js"):
        bundle(entry_points(tmp_path), tmp_path / "build/assets")
    assert (tmp_path / "build/assets/list.js").read_text() == "good"


def test_two_entries_of_one_name_are_refused(tmp_path: Path) -> None:
    _write(tmp_path / "worklist/assets/entry/page.js", "")
    _write(tmp_path / "reporting/assets/entry/page.js", "")
    with pytest.raises(SetUpError, match=r"worklist/assets/entry/page\.js and reporting/assets/entry/page\.js"):
        entry_points(tmp_path)


def test_project_has_entries_and_its_lock_file_names_no_registry() -> None:
    assert entry_points()
    assert '"resolved"' not in (PROJECT_ROOT / "package-lock.json").read_text()
