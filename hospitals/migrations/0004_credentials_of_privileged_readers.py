"""Who had a privilege at a hospital has a credential there, for as long as the longest privilege holds."""

from typing import Any

from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.models import Count, Max, Min, Q


def admit_privileged_readers(apps: Apps, _schema_editor: BaseDatabaseSchemaEditor) -> None:
    privileges: Any = apps.get_model("hospitals", "ReadingPrivilege").objects
    credential: Any = apps.get_model("hospitals", "Credential")
    rows = privileges.values("radiologist_id", "hospital_id").annotate(
        first=Min("valid_from"), last=Max("valid_until"), open_ended=Count("pk", filter=Q(valid_until__isnull=True))
    )
    credential.objects.bulk_create(
        (
            credential(
                radiologist_id=row["radiologist_id"],
                hospital_id=row["hospital_id"],
                valid_from=row["first"],
                valid_until=None if row["open_ended"] else row["last"],
            )
            for row in rows.order_by("radiologist_id", "hospital_id").iterator()
        ),
        ignore_conflicts=True,
        batch_size=500,
    )


class Migration(migrations.Migration):
    dependencies = [("hospitals", "0003_lapse_notices_and_jurisdictions")]

    operations = [migrations.RunPython(admit_privileged_readers, migrations.RunPython.noop)]
