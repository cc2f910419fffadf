"""Add a hospital's DICOM node, or change it: `add_node NORTH NORTH_CT --host 10.0.0.5 --port 104 --may store`."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from pacs_core.access.scopes import hospital_scope, open_scope
from pacs_core.network.errors import NetworkError
from pacs_core.network.nodes.services import hospital_of_code, save_node

RIGHTS = ("store", "find", "move", "query_worklist", "report_steps")


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
        parser.add_argument("--resume", action="store_true", help="accept its associations again")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            hospital = hospital_of_code(code=options["hospital"])
            with open_scope(hospital_scope(process="command", hospital_id=hospital.pk)):
                node, made = save_node(hospital_id=hospital.pk, ae_title=options["ae_title"], **_values(options))
        except NetworkError as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"Node {node.ae_title} of {hospital.code} {'added' if made else 'is up to date'}.")


def _values(options: dict[str, Any]) -> dict[str, Any]:
    values = {name: options[name] for name in ("host", "port") if options[name] is not None}
    if options["may"] is not None:
        rights = {right.strip() for right in options["may"].split(",") if right.strip()}
        if unknown := rights - set(RIGHTS):
            raise CommandError(f"--may holds {', '.join(sorted(unknown))}. Maybe some of {', '.join(RIGHTS)}.")
        values |= {f"may_{right}": right in rights for right in RIGHTS}
    if options["pause"] and options["resume"]:
        raise CommandError("--pause and --resume contradict each other.")
    if options["pause"] or options["resume"]:
        values["is_paused"] = options["pause"]
    if options["priors_only"] and options["not_priors_only"]:
        raise CommandError("--priors-only and --not-priors-only contradict each other.")
    if options["priors_only"] or options["not_priors_only"]:
        values["sends_priors"] = options["priors_only"]
    if options["network_service"] and options["not_network_service"]:
        raise CommandError("--network-service and --not-network-service contradict each other.")
    if options["network_service"] or options["not_network_service"]:
        values["is_network_service"] = options["network_service"]
    return values
