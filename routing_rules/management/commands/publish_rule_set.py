import json
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError, CommandParser

from hospitals.management.command import ScopedCommand
from routing_rules.errors import InvalidRule
from routing_rules.services.rule_sets import publish_rule_set


class Command(ScopedCommand):
    help = "Check the rules in a JSON file and put them in force as a new version."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--note", default="")

    def perform(self, *, file: Path, note: str, **options: Any) -> None:
        try:
            rule_set = publish_rule_set(rules=json.loads(file.read_text(encoding="utf-8")), note=note)
        except OSError as error:
            raise CommandError(f"{file} cannot be read: {error.strerror}") from error
        except json.JSONDecodeError as error:
            raise CommandError(f"{file}: line {error.lineno}, column {error.colno}: {error.msg}") from error
        except InvalidRule as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"Rule set {rule_set.version} is in force: {len(rule_set.rules)} rules")
