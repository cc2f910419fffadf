import random
import time
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from hospitals.demonstration.cases import CASES
from hospitals.demonstration.examinations import make_examination
from hospitals.demonstration.sending import SendingFailed, send_images, send_order

_EPOCH_SECONDS = 1_700_000_000


class Command(BaseCommand):
    help = "Keep a stream of orders and studies going from the demonstration's hospitals, until Ctrl-C."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--per-hour", type=float, required=True, help="mean number of studies, Poisson arrivals")
        parser.add_argument("--studies", type=int, default=0, help="stop after this many; 0 goes on")
        parser.add_argument("--seed", type=int, default=0, help="the same seed gives the same order of cases")

    def handle(self, *, per_hour: float, studies: int, seed: int, **options: Any) -> None:
        if settings.PRODUCTION:
            raise CommandError("Demonstration traffic is not sent to a production system.")
        if per_hour <= 0:
            raise CommandError(f"--per-hour is {per_hour}, it must be above 0.")
        chance = random.Random(seed)
        sent = 0
        try:
            while not studies or sent < studies:
                time.sleep(chance.expovariate(per_hour / 3600))
                self._send_one(chance)
                sent += 1
        except KeyboardInterrupt:
            self.stdout.write(f"Stopped after {sent} studies.")

    def _send_one(self, chance: random.Random) -> None:
        now = timezone.now()
        # Serial numbers of the stream grow with time, so that runs never send the same patient twice.
        serial = int(now.timestamp() * 10) - _EPOCH_SECONDS * 10
        examination = make_examination(chance.choice(CASES), serial=serial, now=now)
        try:
            send_order(examination, port=settings.HL7_PORT)
            count = send_images(examination, port=settings.DIMSE_PORT, called=settings.DIMSE_AE_TITLE)
        except (SendingFailed, OSError) as error:
            self.stderr.write(f"Not sent, going on: {error}")
            return
        self.stdout.write(f"{now:%H:%M:%S} {examination.case.node} {examination.case.description}, {count} images")
        self.stdout.flush()
