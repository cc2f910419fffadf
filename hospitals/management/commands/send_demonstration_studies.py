from typing import Any

from django.apps import apps
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from hospitals.demonstration.cases import CASES
from hospitals.demonstration.examinations import make_examination, prior_of
from hospitals.demonstration.sending import SendingFailed, send_images, send_order, store_datasets
from hospitals.demonstration.shipped import shipped_examinations
from pacs_core.access.scopes import all_hospitals_scope, open_scope


class Command(BaseCommand):
    help = "Send the demonstration's orders and images from its hospitals' nodes; those that arrived are left out."

    def handle(self, *args: Any, **options: Any) -> None:
        if settings.PRODUCTION:
            raise CommandError("Demonstration studies are not sent to a production system.")
        try:
            self._send_cases()
            self._send_shipped()
        except (SendingFailed, OSError) as error:
            raise CommandError(f"{error} Maybe start Meridian first: make run") from error

    def _send_cases(self) -> None:
        now, known = timezone.now(), self._known("accession_number")
        total = len(CASES)
        for serial, case in enumerate(CASES, start=1):
            examination = make_examination(case, serial=serial, now=now)
            if case.prior_years and prior_of(examination).accession_number not in known:
                send_images(prior_of(examination), port=settings.DIMSE_PORT, called=settings.DIMSE_AE_TITLE)
            if examination.accession_number not in known:
                send_order(examination, port=settings.HL7_PORT)
                send_images(examination, port=settings.DIMSE_PORT, called=settings.DIMSE_AE_TITLE)
            self.stdout.write(f"{serial}/{total} {case.node} {case.description}")
            self.stdout.flush()

    def _send_shipped(self) -> None:
        known = self._known("study_instance_uid")
        sent = 0
        for node, dataset in shipped_examinations(timezone.now()):
            if dataset.StudyInstanceUID not in known:
                called, port = settings.DIMSE_AE_TITLE, settings.DIMSE_PORT
                sent += store_datasets([dataset], calling=node, called=called, host="127.0.0.1", port=port)
        self.stdout.write(f"{sent} real sample images without an order")

    def _known(self, field: str) -> set[str]:
        with open_scope(all_hospitals_scope(process="command")):
            return set(apps.get_model("archive.Study").objects.values_list(field, flat=True))
