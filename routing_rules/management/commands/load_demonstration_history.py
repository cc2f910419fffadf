"""Give the demonstration some weeks of past, so that trials, reading times and the board have something to go by."""

from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import CommandError
from django.utils import timezone

from hospitals.management.command import ScopedCommand
from routing_rules.demonstration_history import load_history
from routing_rules.errors import RoutingError


class Command(ScopedCommand):
    help = "Add past examinations, read and signed, without images: manage.py load_demonstration_history --days 30"

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--days", type=int, default=30, help="how far back, 30 when not said")
        parser.add_argument("--per-day", type=float, default=350.0, help="examinations on a weekday, 350 when not said")
        parser.add_argument("--seed", type=int, default=1, help="the same number gives the same past")

    def perform(self, **options: Any) -> None:
        if settings.PRODUCTION:
            raise CommandError("These examinations were never made: production refuses them.")
        if not 1 <= options["days"] <= 180:
            raise CommandError("--days: from 1 to 180.")
        try:
            number = load_history(
                days=options["days"], per_day=options["per_day"], seed=options["seed"], now=timezone.now()
            )
        except RoutingError as error:
            raise CommandError(str(error)) from error
        self.stdout.write(
            f"{number} examinations of the last {options['days']} days were added."
            if number
            else "There is a demonstration's past already; nothing was added."
        )
