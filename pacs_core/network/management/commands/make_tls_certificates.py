"""Certificates for a test of DICOM over TLS: `make_tls_certificates var/tls --host 10.0.0.1 --node NORTH_CT`."""

import os
from argparse import ArgumentParser
from datetime import datetime
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from pacs_core.network.tls.authority import LASTS, Issued, issue, make_authority


class Command(BaseCommand):
    help = "Make an authority, our certificate and one for each node, for a test set-up. A hospital uses its own."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("folder", type=Path, help="a new or empty folder for the PEM files")
        parser.add_argument(
            "--host", action="append", default=[], help="a name or address we are reached by (repeatable)"
        )
        parser.add_argument("--node", action="append", default=[], help="a node's AE title (repeatable)")

    def handle(self, *args: Any, **options: Any) -> None:
        folder: Path = options["folder"]
        folder.mkdir(parents=True, exist_ok=True)
        if any(folder.iterdir()):
            raise CommandError(f"{folder} is not empty: nothing in it is overwritten. Maybe name a new folder.")
        now = timezone.now()
        authority = make_authority("Meridian test authority", now=now)
        (folder / "authority.pem").write_bytes(authority.certificate_pem)
        hosts = tuple(options["host"] or ["localhost", "127.0.0.1"])
        self._write(folder, "meridian", _issued(authority, "meridian", hosts, now))
        for ae_title in options["node"]:
            node = _issued(authority, ae_title, (), now)
            self._write(folder, ae_title, node)
            self.stdout.write(f"{ae_title}: --certificate {node.fingerprint}")
        self.stdout.write(
            "DIMSE_TLS_PORT=2762\n"
            f"DIMSE_TLS_CERTIFICATE={folder.absolute() / 'meridian.pem'}\n"
            f"DIMSE_TLS_KEY={folder.absolute() / 'meridian.key'}\n"
            f"DIMSE_TLS_AUTHORITIES={folder.absolute() / 'authority.pem'}"
        )

    def _write(self, folder: Path, name: str, issued: Issued) -> None:
        (folder / f"{name}.pem").write_bytes(issued.certificate_pem)
        descriptor = os.open(folder / f"{name}.key", os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(issued.key_pem)


def _issued(authority: Issued, name: str, hosts: tuple[str, ...], now: datetime) -> Issued:
    return issue(authority, name, hosts=hosts, begins_at=now, ends_at=now + LASTS)
