import django.contrib.postgres.fields
import django.core.validators
import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("archive", "0016_texts_of_series"),
        ("hospitals", "0006_no_double_booking_and_asked_time_off"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name="study",
            name="archived_at",
            field=models.DateTimeField(help_text="When they moved to the archive class of the bucket", null=True),
        ),
        migrations.AddField(
            model_name="study",
            name="images_deleted_at",
            field=models.DateTimeField(help_text="When a retention rule let them go", null=True),
        ),
        migrations.CreateModel(
            name="ImageDeletion",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("announced", "Announced"),
                            ("withdrawn", "Kept"),
                            ("deleting", "Being deleted"),
                            ("done", "Deleted"),
                        ],
                        default="announced",
                        max_length=10,
                    ),
                ),
                ("announced_at", models.DateTimeField()),
                ("due_at", models.DateTimeField()),
                ("instances", models.PositiveIntegerField()),
                ("size_bytes", models.BigIntegerField()),
                (
                    "file_paths",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=255),
                        default=list,
                        help_text="Still to be removed",
                        size=None,
                    ),
                ),
                ("ended_at", models.DateTimeField(null=True)),
                ("why_kept", models.CharField(blank=True, max_length=300)),
                (
                    "hospital",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="hospitals.hospital"
                    ),
                ),
                (
                    "study",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="image_deletions", to="archive.study"
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(
                        models.F("due_at"),
                        condition=models.Q(("state__in", ("announced", "deleting"))),
                        name="deletion_due",
                    )
                ],
                "constraints": [
                    models.UniqueConstraint(
                        models.F("study"),
                        condition=models.Q(("state__in", ("announced", "deleting"))),
                        name="one_deletion_at_a_time",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="LegalHold",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("reason", models.CharField(max_length=300)),
                ("placed_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("released_at", models.DateTimeField(null=True)),
                (
                    "hospital",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="hospitals.hospital"
                    ),
                ),
                (
                    "patient",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="legal_holds", to="archive.patient"
                    ),
                ),
                (
                    "placed_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "released_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "study",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="legal_holds",
                        to="archive.study",
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(
                        models.F("patient"), condition=models.Q(("released_at", None)), name="legal_hold_in_force"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="RetentionRule",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "modality",
                    models.CharField(
                        blank=True, help_text="Empty: of modalities without a rule of their own", max_length=16
                    ),
                ),
                (
                    "keep_days",
                    models.PositiveIntegerField(
                        help_text="Empty: for ever", null=True, validators=[django.core.validators.MinValueValidator(1)]
                    ),
                ),
                (
                    "keep_children_until_age",
                    models.PositiveSmallIntegerField(
                        help_text="Images of who was under 18 are kept at least until this age", null=True
                    ),
                ),
                (
                    "archive_after_days",
                    models.PositiveIntegerField(
                        help_text="Then they move to the archive class of the bucket",
                        null=True,
                        validators=[django.core.validators.MinValueValidator(1)],
                    ),
                ),
                (
                    "hospital",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="hospitals.hospital"
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        models.F("hospital"), models.F("modality"), name="one_retention_rule_a_modality"
                    )
                ],
            },
        ),
    ]
