"""Nothing tracked names the machine it was written on, or the registry its packages came from."""

import re

import pytest

from pacs_core.bootstrap.document_links import check_document_links
from tests.architecture.sources import files_with, own_files, text_of

TEXTS = (".py", ".toml", ".in", ".txt", ".json", ".md", ".yaml", ".yml", ".html", ".js", ".css", ".sh", ".cfg", "")
# Written in parts, so that this file does not find itself.
MACHINE_PATH = re.compile(r"(?<![\w.])/(?:" + r"ro" + r"ot|ho" + r"me/\w+|wo" + r"rk|Us" + r"ers/\w+)/(?=[\w.])")
LOCK_HOST = re.compile(r'"resolved": "https?://|--(?:extra-)?index-url|--find-links|registry\s*=\s*http|_authToken')
CREDENTIALS_IN_ADDRESS = re.compile(r"https?://[^/\s:@\"'<>{}]+:[^/\s:@\"'<>{}]+@")


def readable() -> list[tuple[str, str]]:
    return [(str(path), text_of(path)) for path in files_with(*TEXTS) if path.name != "test_traces.py"]


@pytest.mark.parametrize("trace", [MACHINE_PATH, LOCK_HOST, CREDENTIALS_IN_ADDRESS], ids=["path", "host", "login"])
def test_no_file_holds_a_trace_of_a_machine(trace: re.Pattern[str]) -> None:
    found = [
        f"{path}:{number}: {line.strip()[:120]}"
        for path, text in readable()
        for number, line in enumerate(text.splitlines(), 1)
        if trace.search(line)
    ]
    assert found == []


def test_the_patterns_find_what_they_look_for() -> None:
    assert MACHINE_PATH.search("see /ro" + "ot/project/x")
    assert LOCK_HOST.search('"resolved": "https://registry.example.org/x.tgz"')
    assert CREDENTIALS_IN_ADDRESS.search("https://user:secret@example.org")


def test_state_and_builds_are_not_tracked() -> None:
    """A secret, a patient's image or a build product would be in the history for ever."""
    folders = {path.parts[0] for path in own_files()}
    assert folders & {"var", "build", "node_modules", ".venv"} == set()
    assert [str(path) for path in own_files() if path.suffix in (".pem", ".key", ".p12", ".dcm", ".sqlite3")] == []


def test_every_link_of_the_documents_leads_somewhere() -> None:
    check_document_links()
