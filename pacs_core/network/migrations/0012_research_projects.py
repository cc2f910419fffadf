import django.contrib.postgres.fields
import django.core.validators
import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models

from pacs_core.access.row_level_security import EnableRowLevelSecurity


class Migration(migrations.Migration):
    dependencies = [
        ("hospitals", "0006_no_double_booking_and_asked_time_off"),
        ("network", "0011_what_was_forwarded_goes_with_its_instance"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="ResearchProject",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "code",
                    models.CharField(
                        help_text="Begins each pseudonym",
                        max_length=16,
                        validators=[
                            django.core.validators.RegexValidator(
                                "^[A-Z][A-Z0-9_]{1,15}$", "2 to 16 capitals, digits or _, a letter first: LUNG2026."
                            )
                        ],
                    ),
                ),
                ("name", models.CharField(max_length=120)),
                (
                    "sealed_key",
                    models.BinaryField(
                        help_text="32 random bytes, encrypted with a secret that is not in the database"
                    ),
                ),
                ("retain_modified_dates", models.BooleanField(default=True)),
                ("clean_descriptors", models.BooleanField(default=True)),
                ("clean_structured_content", models.BooleanField(default=True)),
                ("retain_patient_characteristics", models.BooleanField(default=False)),
                ("retain_safe_private", models.BooleanField(default=False)),
                ("retain_uids", models.BooleanField(default=False)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "created_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "hospital",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="hospitals.hospital"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="DeidentifiedExport",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("waiting", "Waiting"),
                            ("running", "Being sent"),
                            ("done", "Sent"),
                            ("failed", "Given up"),
                        ],
                        default="waiting",
                        max_length=8,
                    ),
                ),
                ("attempts", models.PositiveIntegerField(default=0)),
                ("retry_at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "last_error",
                    models.CharField(blank=True, help_text="For the administrator; names no patient", max_length=300),
                ),
                ("requested_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("heartbeat_at", models.DateTimeField(null=True)),
                ("finished_at", models.DateTimeField(null=True)),
                (
                    "study_ids",
                    django.contrib.postgres.fields.ArrayField(base_field=models.BigIntegerField(), size=None),
                ),
                (
                    "ae_title",
                    models.CharField(blank=True, help_text="The node that gets them; empty for a ZIP", max_length=16),
                ),
                (
                    "accepts_doubtful_pixels",
                    models.BooleanField(
                        default=False, help_text="A person has looked: images that may show text are copied too"
                    ),
                ),
                (
                    "last_instance_id",
                    models.BigIntegerField(default=0, help_text="Instances up to this one are copied or left out"),
                ),
                ("instances_total", models.PositiveIntegerField()),
                ("instances_copied", models.PositiveIntegerField(default=0)),
                ("instances_sent", models.PositiveIntegerField(default=0)),
                ("left_out", models.JSONField(default=dict, help_text="Reason -> number of instances")),
                (
                    "file_path",
                    models.CharField(blank=True, help_text="Of the ZIP, relative to STORAGE_ROOT", max_length=255),
                ),
                ("size_bytes", models.BigIntegerField(default=0)),
                (
                    "asked_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "hospital",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="hospitals.hospital"
                    ),
                ),
                (
                    "project",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="exports",
                        to="network.researchproject",
                    ),
                ),
            ],
        ),
        migrations.AddConstraint(
            model_name="researchproject",
            constraint=models.UniqueConstraint(models.F("hospital"), models.F("code"), name="research_project_once"),
        ),
        migrations.AddIndex(
            model_name="deidentifiedexport",
            index=models.Index(
                models.F("retry_at"),
                condition=models.Q(("status__in", ("waiting", "running"))),
                name="deidentified_export_open",
            ),
        ),
        migrations.AddIndex(
            model_name="deidentifiedexport",
            index=models.Index(
                models.F("hospital"),
                models.OrderBy(models.F("requested_at"), descending=True),
                name="deidentified_export_latest",
            ),
        ),
        EnableRowLevelSecurity("network_researchproject"),
        EnableRowLevelSecurity("network_deidentifiedexport"),
    ]
