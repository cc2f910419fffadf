"""The catalogue as a CSV file: out for a spreadsheet, in again all or nothing."""

import csv
import io
from dataclasses import dataclass

from django.db import transaction

from pacs_core.audit.services import record_audit
from routing_rules.errors import CatalogueFileRefused, InvalidProcedure
from routing_rules.models import Procedure
from routing_rules.services.catalogue import FIELDS, add_procedure, change_procedure
from routing_rules.spreadsheets import cell

MOST_BYTES, MOST_LINES, MOST_FAULTS = 2_000_000, 5_000, 50
_REQUIRED = ("code", "name", "modality", "relative_value", "expected_minutes")
_TRUE, _FALSE = {"true", "yes", "1", ""}, {"false", "no", "0"}


@dataclass(frozen=True)
class Taken:
    """How many entries a file added, changed, and found as they were."""

    added: int
    changed: int
    same: int


def export_catalogue() -> str:
    """Return the whole catalogue as CSV with a head line, by code."""
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(FIELDS)
    for row in Procedure.objects.order_by("code").values_list(*FIELDS):
        writer.writerow(["true" if value is True else "false" if value is False else cell(value) for value in row])
    return text.getvalue()


@transaction.atomic
def import_catalogue(content: bytes) -> Taken:
    """Take a CSV file (UTF-8, comma or semicolon); CatalogueFileRefused lists every line's fault and nothing is taken.

    An empty field of a known code leaves its value.
    """
    rows = _read(content)
    known = {procedure.code: procedure for procedure in Procedure.objects.all()}
    faults: list[tuple[int, str]] = []
    added = changed = same = 0
    seen: dict[str, int] = {}
    for line, values in rows:
        code = values.get("code", "").strip().upper()
        if code in seen:
            faults.append((line, f"{code} is on line {seen[code]} already"))
            continue
        seen[code] = line
        try:
            if code not in known:
                add_procedure(**_given(values))
                added += 1
            elif _is_other(known[code], change_procedure(procedure=known[code], **_given(values))):
                changed += 1
            else:
                same += 1
        except InvalidProcedure as error:
            faults.append((line, f"{error.field}: {error.reason}"))
    if faults:
        raise CatalogueFileRefused(faults[:MOST_FAULTS])
    record_audit(action="catalogue.imported", object_type="catalogue", detail={"added": added, "changed": changed})
    return Taken(added, changed, same)


def _read(content: bytes) -> list[tuple[int, dict[str, str]]]:
    if len(content) > MOST_BYTES:
        raise CatalogueFileRefused([(1, f"the file is larger than {MOST_BYTES // 1_000_000} MB")])
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise CatalogueFileRefused([(1, "the file is not UTF-8. Maybe save it as CSV UTF-8.")]) from None
    head = text.split("\n", 1)[0]
    reader = csv.DictReader(io.StringIO(text, newline=""), delimiter=";" if head.count(";") > head.count(",") else ",")
    columns = [(name or "").strip().lower() for name in reader.fieldnames or []]
    reader.fieldnames = columns
    missing = [name for name in _REQUIRED if name not in columns]
    unknown = [name for name in columns if name and name not in FIELDS]
    if missing or unknown:
        words = [f"column {name} is missing" for name in missing] + [f"column {name} is unknown" for name in unknown]
        raise CatalogueFileRefused([(1, f"{', '.join(words)}. Maybe start from an export.")])
    rows = [(reader.line_num, {name: str(value or "") for name, value in row.items() if name}) for row in reader]
    if len(rows) > MOST_LINES:
        raise CatalogueFileRefused([(MOST_LINES, f"the file has more than {MOST_LINES} lines")])
    return rows


def _given(values: dict[str, str]) -> dict[str, object]:
    given: dict[str, object] = {name: value.strip().lstrip("'") for name, value in values.items() if value.strip()}
    if "is_active" in values:
        word = values["is_active"].strip().lower()
        if word not in _TRUE | _FALSE:
            raise InvalidProcedure("is_active", f"{word!r} is neither true nor false")
        given["is_active"] = word in _TRUE
    return given


def _is_other(before: Procedure, after: Procedure) -> bool:
    return any(getattr(before, name) != getattr(after, name) for name in FIELDS)
