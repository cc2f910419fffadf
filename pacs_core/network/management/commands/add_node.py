"""Add a hospital's DICOM node, or change it: `add_node NORTH NORTH_CT --host 10.0.0.5 --port 104 --may store`."""

import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from pacs_core.access.scopes import hospital_scope, open_scope
from pacs_core.network.errors import NetworkError
from pacs_core.network.models import Node
from pacs_core.network.nodes.services import hospital_of_code, save_node

RIGHTS = ("store", "find", "move", "query_worklist", "report_steps")
# Field -> option.
VALUES = {
    "host": "host",
    "port": "port",
    "dicomweb_url": "dicomweb",
    "dicomweb_user": "dicomweb_user",
    "quiet_seconds": "quiet_seconds",
    "expected_instances": "expected_instances",
    "longest_wait_minutes": "longest_wait_minutes",
}
# Field, option that sets it, option that takes it back.
SWITCHES = (
    ("is_paused", "pause", "resume"),
    ("sends_priors", "priors_only", "not_priors_only"),
    ("is_network_service", "network_service", "not_network_service"),
    ("wants_availability", "notify", "no_notify"),
)
QUIET_TIME = "quiet_time"


class Command(BaseCommand):
    help = "Add a DICOM node to a hospital, or change it; running it again changes nothing."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("hospital", help="the hospital's code")
        parser.add_argument("ae_title", help="the node's AE title, 1 to 16 characters")
        parser.add_argument("--host", help="where we reach the node")
        parser.add_argument("--port", type=int)
        parser.add_argument("--may", help=f"comma-separated: {','.join(RIGHTS)} (default for a new node: store)")
        parser.add_argument("--pause", action="store_true", help="reject its associations")
        parser.add_argument("--priors-only", action="store_true", help="its images are priors: they wait for no reader")
        parser.add_argument("--not-priors-only", action="store_true", help="its images wait for a reader again")
        parser.add_argument(
            "--network-service", action="store_true", help="an AI service: may be sent any hospital's studies"
        )
        parser.add_argument("--not-network-service", action="store_true", help="only its own hospital's studies again")
        parser.add_argument("--dicomweb", metavar="URL", help="studies go to it by STOW-RS: where its /studies is")
        parser.add_argument("--dicomweb-user", help="without one the secret is a bearer token")
        parser.add_argument(
            "--dicomweb-secret-file", metavar="FILE", help="holds the password or bearer token; - reads it from input"
        )
        parser.add_argument("--notify", action="store_true", help="tell it when a study is complete (PS3.4 R)")
        parser.add_argument("--no-notify", action="store_true", help="tell it no more")
        parser.add_argument("--resume", action="store_true", help="accept its associations again")
        _add_completion_arguments(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            hospital = hospital_of_code(code=options["hospital"])
            with open_scope(hospital_scope(process="command", hospital_id=hospital.pk)):
                node, made = save_node(hospital_id=hospital.pk, ae_title=options["ae_title"], **_values(options))
        except NetworkError as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"Node {node.ae_title} of {hospital.code} {'added' if made else 'is up to date'}.")


def _add_completion_arguments(parser: ArgumentParser) -> None:
    parser.add_argument(
        "--complete",
        choices=(QUIET_TIME, *Node.CompletionRule.values),
        help="when all images of a study are here (default: after the quiet time)",
    )
    parser.add_argument("--quiet-seconds", type=int, help="quiet time of its studies (default: the hospital's)")
    parser.add_argument("--expected-instances", type=int, help="images of each study, for --complete expected_count")
    parser.add_argument("--longest-wait-minutes", type=int, help="then a study is complete in any case (default: 30)")


def _values(options: dict[str, Any]) -> dict[str, Any]:
    values = {field: options[name] for field, name in VALUES.items() if options[name] is not None}
    if options["dicomweb_secret_file"]:
        values["dicomweb_secret"] = _secret(options["dicomweb_secret_file"])
    if options["complete"] is not None:
        values["completion_rule"] = None if options["complete"] == QUIET_TIME else options["complete"]
    if options["may"] is not None:
        rights = {right.strip() for right in options["may"].split(",") if right.strip()}
        if unknown := rights - set(RIGHTS):
            raise CommandError(f"--may holds {', '.join(sorted(unknown))}. Maybe some of {', '.join(RIGHTS)}.")
        values |= {f"may_{right}": right in rights for right in RIGHTS}
    for field, yes, no in SWITCHES:
        if options[yes] and options[no]:
            raise CommandError(f"{_option(yes)} and {_option(no)} contradict each other.")
        if options[yes] or options[no]:
            values[field] = options[yes]
    return values


def _option(name: str) -> str:
    return f"--{name.replace('_', '-')}"


def _secret(path: str) -> str:
    """Read the secret from a file or the input: on the command line every process of the machine would see it."""
    try:
        text = sys.stdin.readline() if path == "-" else Path(path).read_text()
    except OSError as error:
        raise CommandError(f"{path} cannot be read: {error.strerror}.") from error
    return text.strip()
