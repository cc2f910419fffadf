"""`manage.py replay_decisions`: does every stored decision come out the same from what is stored of it?"""

from argparse import ArgumentParser
from datetime import datetime, timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from pacs_core.access.scopes import all_hospitals_scope, open_scope
from routing_rules.services.replay import replay_decisions

_DIFFERENCES_SHOWN = 20
_SHOWN_EVERY = 0.05


class Command(BaseCommand):
    help = "Plan stored decisions again and compare reader and reasons bit for bit; fails when one differs."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--since", help="an instant (2026-11-01T00:00+00:00) or days (7); without it: all")

    def handle(self, *args: Any, since: str | None, **options: Any) -> None:
        shown, checked, without_snapshot, differing = 0.0, 0, 0, []

        def show(share: float) -> None:
            nonlocal shown
            if share - shown >= _SHOWN_EVERY or share == 1:
                shown = share
                self.stdout.write(f"{share:.0%}")

        with open_scope(all_hospitals_scope(process="replay")):
            for replayed in replay_decisions(since=_instant(since), on_progress=show):
                checked += 1
                without_snapshot += not replayed.has_snapshot
                if replayed.difference:
                    differing.append(replayed)
        for replayed in differing[:_DIFFERENCES_SHOWN]:
            self.stdout.write(
                f"Decision {replayed.decision_id} on item {replayed.worklist_item_id}: {replayed.difference}"
            )
        self.stdout.write(
            f"{checked} decisions, {checked - len(differing)} the same; "
            f"of {without_snapshot} only the demand, since their snapshots are gone"
        )
        if differing:
            raise CommandError(f"{len(differing)} decisions come out otherwise than they were stored.")


def _instant(text: str | None) -> datetime | None:
    if text is None:
        return None
    if text.isdecimal():
        return timezone.now() - timedelta(days=int(text))
    try:
        instant = parse_datetime(text)
    except ValueError:
        instant = None
    if instant is None or instant.tzinfo is None:
        raise CommandError(f"{text!r} is neither an instant with its offset nor a number of days.")
    return instant
