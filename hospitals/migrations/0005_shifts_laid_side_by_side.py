"""Shifts of one radiologist that overlap become ones that touch, so that a constraint can forbid overlaps from now on.

What is read when stays as it was: the union of the shifts.
"""

from itertools import groupby
from typing import Any

from django.db import migrations


def lay_side_by_side(apps: Any, schema_editor: Any) -> None:
    shifts = apps.get_model("hospitals", "Shift").objects
    rows = shifts.order_by("radiologist_id", "is_on_call", "starts_at")
    for _key, of_reader in groupby(rows, key=lambda shift: (shift.radiologist_id, shift.is_on_call)):
        earlier = None
        for shift in of_reader:
            if earlier is not None and shift.starts_at < earlier.ends_at:
                if shift.ends_at <= earlier.ends_at:
                    shift.delete()
                    continue
                earlier.ends_at = shift.starts_at
                earlier.save(update_fields=["ends_at"])
            earlier = shift


class Migration(migrations.Migration):
    dependencies = [("hospitals", "0004_credentials_of_privileged_readers")]

    operations = [migrations.RunPython(lay_side_by_side, migrations.RunPython.noop)]
