from typing import Any
from uuid import uuid4

from django.db import migrations

BATCH = 1000


def assign_study_uids(apps: Any, schema_editor: Any) -> None:
    """Orders that came without a study UID get one, as new ones do: the scanner's worklist has to name it."""
    hospitals = apps.get_model("hospitals", "Hospital").objects.values_list("pk", flat=True)
    with schema_editor.connection.cursor() as cursor:
        literal = "{" + ",".join(str(pk) for pk in hospitals) + "}"
        cursor.execute("select set_config('meridian.hospital_ids', %s, true)", [literal])
    order_model = apps.get_model("worklist", "Order")
    while orders := list(order_model.objects.filter(study_instance_uid="").only("pk")[:BATCH]):
        for order in orders:
            order.study_instance_uid = f"2.25.{uuid4().int}"
        order_model.objects.bulk_update(orders, ["study_instance_uid"])


class Migration(migrations.Migration):
    dependencies = [("worklist", "0013_scheduled_steps")]

    operations = [migrations.RunPython(assign_study_uids, migrations.RunPython.noop)]
