"""Add a hospital's DICOM node, or change it: `add_node NORTH NORTH_CT --host 10.0.0.5 --port 104 --may store`."""

import sys
from argparse import ArgumentParser
from datetime import time
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from pacs_core.access.scopes import hospital_scope, open_scope
from pacs_core.network.errors import NetworkError
from pacs_core.network.models import Node
from pacs_core.network.nodes.services import hospital_of_code, save_node
from pacs_core.network.nodes.values import normal_fingerprint
from pacs_core.network.nodes.warnings import warnings_of

TLS = ("none", "only", "called", "both")
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
        _add_security_arguments(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            hospital = hospital_of_code(code=options["hospital"])
            with open_scope(hospital_scope(process="command", hospital_id=hospital.pk)):
                node, made = save_node(hospital_id=hospital.pk, ae_title=options["ae_title"], **_values(options))
        except NetworkError as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"Node {node.ae_title} of {hospital.code} {'added' if made else 'is up to date'}.")
        for warning in warnings_of(node, now=timezone.now()):
            self.stdout.write(f"Warning: {warning}")


def _add_completion_arguments(parser: ArgumentParser) -> None:
    parser.add_argument(
        "--complete",
        choices=(QUIET_TIME, *Node.CompletionRule.values),
        help="when all images of a study are here (default: after the quiet time)",
    )
    parser.add_argument("--quiet-seconds", type=int, help="quiet time of its studies (default: the hospital's)")
    parser.add_argument("--expected-instances", type=int, help="images of each study, for --complete expected_count")
    parser.add_argument("--longest-wait-minutes", type=int, help="then a study is complete in any case (default: 30)")


def _add_security_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("--calls-from", help="comma-separated addresses and networks; empty: any address")
    parser.add_argument("--tls", choices=TLS, help="only: turned away without TLS; called: we call it over TLS")
    parser.add_argument(
        "--certificate", help="comma-separated SHA-256 fingerprints or PEM files of its certificates; empty: any"
    )
    parser.add_argument("--subject", help="its certificate's subject, as in RFC 4514; empty: any")
    parser.add_argument("--most-associations", type=int, help="at once, over all processes")
    parser.add_argument("--images-per-minute", type=int, help="slowed down beyond it; 0: no limit")
    parser.add_argument("--hours", help="when it may call, by the hospital's clock: 07:00-19:30; empty: always")


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
    return values | _security(options) | _limits(options)


def _option(name: str) -> str:
    return f"--{name.replace('_', '-')}"


def _secret(path: str) -> str:
    """Read the secret from a file or the input: on the command line every process of the machine would see it."""
    try:
        text = sys.stdin.readline() if path == "-" else Path(path).read_text()
    except OSError as error:
        raise CommandError(f"{path} cannot be read: {error.strerror}.") from error
    return text.strip()


def _security(options: dict[str, Any]) -> dict[str, Any]:
    values: dict[str, Any] = {}
    if options["calls_from"] is not None:
        values["addresses"] = _listed(options["calls_from"])
    if options["tls"] is not None:
        values |= {
            "requires_tls": options["tls"] in ("only", "both"),
            "is_reached_over_tls": options["tls"] in ("called", "both"),
        }
    if options["certificate"] is not None:
        values["certificate_fingerprints"] = [_fingerprint(given) for given in _listed(options["certificate"])]
    if options["subject"] is not None:
        values["certificate_subject"] = options["subject"]
    return values


def _limits(options: dict[str, Any]) -> dict[str, Any]:
    values: dict[str, Any] = {}
    if options["most_associations"] is not None:
        values["most_associations"] = options["most_associations"]
    if options["images_per_minute"] is not None:
        values["instances_per_minute"] = options["images_per_minute"] or None
    if options["hours"] is not None:
        begins, _, ends = options["hours"].partition("-")
        try:
            values["calls_from_time"] = time.fromisoformat(begins.strip()) if options["hours"] else None
            values["calls_until_time"] = time.fromisoformat(ends.strip()) if options["hours"] else None
        except ValueError as error:
            raise CommandError(f"--hours is {options['hours']!r}. Maybe 07:00-19:30.") from error
    return values


def _listed(value: str) -> list[str]:
    return [part.strip() for part in value.split(",") if part.strip()]


def _fingerprint(given: str) -> str:
    """Return a fingerprint as it is given, or that of the certificate in a PEM file."""
    if not Path(given).is_file():
        return normal_fingerprint(given)
    try:
        return x509.load_pem_x509_certificate(Path(given).read_bytes()).fingerprint(hashes.SHA256()).hex()
    except (OSError, ValueError) as error:
        raise CommandError(f"--certificate: {given} is no certificate in PEM ({error}).") from error
