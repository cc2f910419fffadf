"""Compare every stored file with its digest now, rather than in the course of a month."""

import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from pacs_core.access.scopes import all_hospitals_scope, open_scope
from pacs_core.archive.storage.scrub import MOST_BYTES, due_for_scrub, scrub


class Command(BaseCommand):
    help = "Compare the stored files that were not compared lately; exits with 1 when one is damaged."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--all", action="store_true", help="also those that were compared lately")

    def handle(self, **options: Any) -> None:
        now = timezone.now()
        with open_scope(all_hospitals_scope(process="scrub")):
            due = due_for_scrub(now)
            if options["all"]:
                due.model.kept.update(verified_at=None)
            waiting = due.count()
        done = damaged = 0
        while True:
            found = scrub(now=now, most_bytes=MOST_BYTES)
            if not found.files:
                break
            done, damaged = done + found.files, damaged + found.damage.total()
            self.stdout.write(f"{done} of {waiting} files compared, {damaged} damaged")
        if done < waiting:
            self.stderr.write(f"{waiting - done} files were not compared: the storage does not answer.")
        if damaged or done < waiting:
            sys.exit(1)
