from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("archive", "0002_row_level_security"),
        ("hospitals", "0001_initial"),
        ("worklist", "0002_row_level_security"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name="worklistitem",
            name="reconciliation_reason",
            field=models.CharField(
                blank=True,
                choices=[
                    ("patient_differs", "The order with this accession number is for another patient"),
                    ("orders_disagree", "Study UID and accession number name different orders"),
                    ("order_cancelled", "The order was cancelled before its images came"),
                ],
                max_length=20,
            ),
        ),
        migrations.AddIndex(
            model_name="order",
            index=models.Index(
                models.F("hospital"),
                models.F("study_instance_uid"),
                condition=models.Q(("study_instance_uid", ""), _negated=True),
                name="order_by_study",
            ),
        ),
        migrations.AddIndex(
            model_name="worklistitemtransition",
            index=models.Index(models.F("worklist_item"), models.F("id"), name="transition_of_item"),
        ),
    ]
