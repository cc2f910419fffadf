"""Steps, stamps, tools and links: what the verbs are made of."""

import os
from pathlib import Path

import pytest
from honcho.environ import parse_procfile

from pacs_core.bootstrap import system_packages, virtual_environment
from pacs_core.bootstrap.document_links import check_document_links
from pacs_core.bootstrap.errors import CommandFailed, SetUpError, ToolMissing
from pacs_core.bootstrap.installation import PROJECT_ROOT, read_installation
from pacs_core.bootstrap.readiness import failing_names
from pacs_core.bootstrap.servers import Servers, process_environment
from pacs_core.bootstrap.steps import Stamp, run_command
from pacs_core.bootstrap.system_packages import SystemTool, provide_tools


def test_step_is_repeated_when_an_input_changes_or_an_output_is_gone(tmp_path: Path) -> None:
    source, output = tmp_path / "source", tmp_path / "output"
    source.write_text("one")
    output.write_text("")

    def stamp() -> Stamp:
        return Stamp(tmp_path / "stamp", [source], outputs=[output])

    assert not stamp().is_current
    stamp().write()
    assert stamp().is_current
    source.write_text("two")
    assert not stamp().is_current
    source.write_text("one")
    assert stamp().is_current
    output.unlink()
    assert not stamp().is_current


def test_failed_command_shows_the_reason_without_the_traceback(tmp_path: Path) -> None:
    program = "print('before'); raise ValueError('the reason')"
    with pytest.raises(CommandFailed) as caught:
        run_command(["python3", "-c", program], directory=tmp_path, what="The step", log=tmp_path / "step.log")
    assert str(caught.value).startswith("The step failed (exit status 1):\n    ValueError: the reason\n")
    assert "Traceback" not in str(caught.value)
    assert "before" in (tmp_path / "step.log").read_text()


def test_missing_tool_is_named_and_fails_only_in_ci(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(system_packages, "TOOLS", (SystemTool("no-such-program", "no-such-package"),))
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    monkeypatch.setenv("CI", "")
    assert provide_tools() == {"MERIDIAN_MISSING_TOOLS": "no-such-program"}
    monkeypatch.setenv("CI", "true")
    with pytest.raises(ToolMissing, match="apt-get install no-such-package"):
        provide_tools()


def test_missing_ensurepip_names_the_package(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    monkeypatch.setattr(virtual_environment.sys, "executable", "/bin/false")
    with pytest.raises(ToolMissing, match=r"apt-get install python3\.\d+-venv"):
        virtual_environment.ensure_ensurepip()


def test_procfile_names_the_five_processes() -> None:
    processes = parse_procfile((PROJECT_ROOT / "Procfile").read_text()).processes
    assert list(processes) == ["web", "dimse", "hl7", "worker", "beat"]


def test_processes_never_get_the_owners_url(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OWNER_DATABASE_URL", "postgresql://meridian_owner@db/meridian")
    installation = read_installation({"MERIDIAN_HOME": str(tmp_path)})
    servers = Servers("postgresql://meridian_app@db/m", "postgresql://meridian_owner@db/m", "redis://x", None, None)
    environment = process_environment(installation, servers)
    assert environment["DATABASE_URL"] == "postgresql://meridian_app@db/m"
    assert not any("meridian_owner" in value for value in environment.values())


@pytest.mark.parametrize(
    ("body", "names"),
    [
        (b'{"status": "failing", "checks": {"database": {"ok": true}, "workers": {"ok": false}}}', ["workers"]),
        (b'{"database": "ok", "broker": "unreachable"}', ["broker"]),
        (b"<html>", []),
    ],
)
def test_readiness_answer_names_what_fails(body: bytes, names: list[str]) -> None:
    assert failing_names(body) == names


def test_broken_links_of_documents_are_listed(tmp_path: Path) -> None:
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs/map.md").write_text("# The map\n")
    (tmp_path / "README.md").write_text(
        "[a](docs/map.md#the-map) [b](https://example.org) [c](docs/none.md) [d](docs/map.md#gone)\n```\n[e](x)\n```\n"
    )
    with pytest.raises(SetUpError) as caught:
        check_document_links(tmp_path)
    assert str(caught.value).splitlines()[1:] == ["  README.md: docs/none.md", "  README.md: docs/map.md#gone"]
