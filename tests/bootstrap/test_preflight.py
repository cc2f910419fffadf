"""What stops a start: each in one clear sentence."""

import os
import socket
from pathlib import Path

import pytest

from pacs_core.bootstrap.errors import PortTaken, ServiceUnreachable, SetUpError, StaleState
from pacs_core.bootstrap.installation import read_installation
from pacs_core.bootstrap.preflight import (
    holding_home,
    refuse_taken_port,
    refuse_taken_ports,
    refuse_unreachable_broker,
    refuse_unreachable_database,
    refuse_used_home,
)


def test_taken_port_names_port_purpose_and_variable() -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        with pytest.raises(PortTaken, match=f"Port {port} for DICOM is taken .*DIMSE_PORT"):
            refuse_taken_port("DIMSE_PORT", port)
    refuse_taken_port("DIMSE_PORT", port)


def test_second_start_on_the_same_home_is_refused_and_another_home_is_not(tmp_path: Path) -> None:
    first = read_installation({"MERIDIAN_HOME": str(tmp_path / "first")})
    second = read_installation({"MERIDIAN_HOME": str(tmp_path / "second")})
    with holding_home(first):
        with pytest.raises(StaleState, match=f"already runs on .*first \\(process {os.getpid()}\\)"):
            refuse_used_home(first)
        refuse_used_home(second)
    refuse_used_home(first)


def test_home_is_private(tmp_path: Path) -> None:
    refuse_used_home(read_installation({"MERIDIAN_HOME": str(tmp_path / "home")}))
    assert (tmp_path / "home").stat().st_mode & 0o066 == 0


def test_home_that_is_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StaleState, match="can't be made"):
        refuse_used_home(read_installation({"MERIDIAN_HOME": str(tmp_path / "file" / "home")}))


@pytest.mark.parametrize(
    ("environment", "sentence"),
    [
        ({"HTTP_PORT": "eighty"}, "HTTP_PORT is 'eighty', not a port number"),
        ({"HL7_PORT": "70000"}, "HL7_PORT is '70000'"),
        ({"HTTP_PORT": "2575"}, "HTTP_PORT and HL7_PORT are both 2575"),
        ({"MERIDIAN_MODE": "production"}, "embedded servers are for demonstrations"),
        ({"DATABASE_URL": "postgresql://db/meridian"}, "OWNER_DATABASE_URL is not"),
        ({"MERIDIAN_MODE": "staging"}, "MERIDIAN_MODE is 'staging'"),
    ],
)
def test_contradicting_configuration_is_refused(environment: dict[str, str], sentence: str) -> None:
    with pytest.raises(SetUpError, match=sentence):
        read_installation(environment)


def test_unreachable_servers_are_named_without_their_password(tmp_path: Path) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with pytest.raises(ServiceUnreachable, match="DATABASE_URL can't be reached") as database:
        refuse_unreachable_database("DATABASE_URL", f"postgresql://who:hush@127.0.0.1:{port}/meridian")
    with pytest.raises(ServiceUnreachable, match="REDIS_URL can't be reached") as broker:
        refuse_unreachable_broker(f"valkey://:hush@127.0.0.1:{port}/0")
    for error in (database, broker):
        assert "hush" not in str(error.value)
        assert "\n" not in str(error.value)


def test_two_installations_with_own_ports_pass_together(tmp_path: Path) -> None:
    with socket.socket() as one, socket.socket() as two, socket.socket() as three:
        ports = []
        for probe in (one, two, three):
            probe.bind(("127.0.0.1", 0))
            ports.append(str(probe.getsockname()[1]))
    names = ("HTTP_PORT", "DIMSE_PORT", "HL7_PORT")
    refuse_taken_ports(read_installation({"MERIDIAN_HOME": str(tmp_path), **dict(zip(names, ports, strict=True))}))
