"""Export a study: `export_study 1.2.840... --hospital NORTH --to /media/stick/study.zip`."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from pacs_core.access.scopes import hospital_scope, open_scope
from pacs_core.archive.media.errors import MediaError
from pacs_core.archive.media.exporting import export_study, study_named
from pacs_core.network.errors import NetworkError
from pacs_core.network.nodes.services import hospital_of_code


class Command(BaseCommand):
    help = "Write a study's files as they were received, with a DICOMDIR, to a new folder or a ZIP."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("study", help="its StudyInstanceUID or accession number")
        parser.add_argument("--hospital", required=True, help="the code of the hospital whose study it is")
        parser.add_argument("--to", required=True, type=Path, help="a file that ends in .zip, or a new or empty folder")

    def handle(self, *args: Any, **options: Any) -> None:
        target = options["to"]
        try:
            hospital = hospital_of_code(code=options["hospital"])
            with open_scope(hospital_scope(process="command", hospital_id=hospital.pk)):
                study = study_named(options["study"])
                instances = export_study(study=study, target=target, written_at=timezone.localtime())
        except (MediaError, NetworkError) as error:
            raise CommandError(str(error)) from error
        except OSError as error:
            raise CommandError(f"{target} cannot be written: {error.strerror}.") from error
        self.stdout.write(
            f"{instances:,} instances of {study.study_instance_uid} are in {target}, each as it was received."
        )
