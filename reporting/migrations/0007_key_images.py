import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("hospitals", "0006_no_double_booking_and_asked_time_off"),
        ("reporting", "0006_versions_keep_whom_they_were_signed_for"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="KeyImage",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("series_instance_uid", models.CharField(max_length=64)),
                ("sop_instance_uid", models.CharField(max_length=64)),
                ("frame_number", models.PositiveIntegerField(default=1)),
                ("series_number", models.IntegerField(null=True)),
                ("instance_number", models.IntegerField(null=True)),
                ("marked_at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "stored_at",
                    models.DateTimeField(
                        help_text="When it was written beside the images; it stays from then on", null=True
                    ),
                ),
                (
                    "hospital",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="hospitals.hospital"
                    ),
                ),
                (
                    "marked_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "report",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="key_images", to="reporting.report"
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        models.F("report"),
                        models.F("sop_instance_uid"),
                        models.F("frame_number"),
                        name="key_image_once_per_report",
                    )
                ],
            },
        ),
    ]
