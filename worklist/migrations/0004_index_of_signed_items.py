from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("worklist", "0003_reconciliation_and_late_images")]

    operations = [
        migrations.AddIndex(
            model_name="worklistitem",
            index=models.Index(
                models.F("hospital"),
                models.F("signed_at"),
                condition=models.Q(("status", "signed")),
                name="item_signed",
            ),
        ),
    ]
