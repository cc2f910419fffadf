"""The conformance statement names what the code offers: SOP classes, keys, statuses, limits; no more and no less."""

import re
from collections.abc import Iterator

import pytest
from pynetdicom import AE

from pacs_core.archive.errors import InstanceConflicts
from pacs_core.archive.selectors.matching import matchable
from pacs_core.network.commitment import judgement
from pacs_core.network.commitment.services import WAIT_FOR_FILING
from pacs_core.network.dimse import admission, answers, commitment, find, handshake, performed_steps, retrieve, server
from pacs_core.network.dimse import statuses as dimse_statuses
from pacs_core.network.dimse.contexts import add_other_contexts
from pacs_core.network.dimse.identifier import LEVELS
from tests.servers import PROJECT

STATEMENT = (PROJECT / "docs" / "dicom_conformance.md").read_text(encoding="utf-8")


def section(heading: str) -> str:
    """Return what stands below a heading until the next one of its rank or above."""
    rank = heading.split()[0]
    _, _, rest = STATEMENT.partition(f"\n{heading}")
    assert rest, heading
    return re.split(rf"\n#{{2,{len(rank)}}} ", rest)[0]


def rows(text: str) -> Iterator[list[str]]:
    for line in text.splitlines():
        if line.startswith("|") and not line.startswith("|-"):
            yield [cell.strip() for cell in line.strip("|").split("|")]


def uids(cell: str) -> Iterator[str]:
    """Yield UIDs; `1.2.3.2, .3` is short for 1.2.3.2 and 1.2.3.3."""
    last = ""
    for uid in re.findall(r"(?<![\d.])(?:1\.2\.840[\d.]*\d|\.\d+)", cell):
        last = uid if uid.startswith("1.") else last.rpartition(".")[0] + uid
        yield last


def test_every_class_we_accept_beside_storage_is_named() -> None:
    ae = AE()
    add_other_contexts(ae)
    table = section("## As provider (SCP)").split("\n### ")[0]
    named = {uid for _, classes, *_ in rows(table) for uid in uids(classes)}
    assert named == {str(context.abstract_syntax) for context in ae.supported_contexts}


@pytest.mark.parametrize("level", LEVELS)
def test_the_keys_of_a_level_are_those_that_are_matched(level: str) -> None:
    table = {name: matched for name, matched, *_ in rows(section("### Query (PS3.4 C.4.1)")) if name in LEVELS}
    named, rest = set(), level
    while rest:
        cell = table[rest]
        named |= set(re.findall(r"\b[A-Z]\w+[a-z]\w*", cell))
        below = re.search(r"those of ([A-Z]+)", cell)
        rest = below.group(1) if below else ""
    assert named == matchable(LEVELS[level])


def test_statuses_are_those_of_the_code() -> None:
    codes = {
        value
        for module in (dimse_statuses, judgement, performed_steps)
        for name, value in vars(module).items()
        if name.isupper() and isinstance(value, int) and not name.startswith(("_", "MOST", "GROUP"))
    }
    # Ours as users, and what a store answers to content that contradicts the archive.
    codes |= {status for status, _ in InstanceConflicts.answers.values()}
    named = {int(code, 16) for code in re.findall(r"0x([0-9A-F]{4})\b", section("## As provider (SCP)"))}
    assert codes - named == set()
    assert named - codes == set()


@pytest.mark.parametrize(
    "words",
    [
        f"Maximum PDU {server.MAXIMUM_PDU_BYTES:,} bytes",
        f"idle for {server.IDLE_SECONDS} seconds ends",
        f"{admission.ASSOCIATIONS_PER_PROCESS} of all nodes are open at once",
        f"more than {answers.MOST_ANSWERS:,} matches",
        f"more than {find.MOST_FROM_HEADERS} keys from headers",
        f"more than {retrieve.MOST_INSTANCES:,} instances",
        f"more than {performed_steps.MOST_BYTES // 1024**2} MB",
        f"up to {commitment.MOST_REFERENCES:,} instances",
        f"{WAIT_FOR_FILING.seconds // 60} minutes at most",
        f"at most {handshake.HANDSHAKE_SECONDS} seconds",
    ],
)
def test_limits_are_those_of_the_code(words: str) -> None:
    assert words in " ".join(STATEMENT.split())
