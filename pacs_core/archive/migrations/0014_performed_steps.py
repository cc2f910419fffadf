import django.contrib.postgres.fields
import django.db.models.deletion
import django.utils.timezone
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("archive", "0013_standing_of_an_instance"),
        ("hospitals", "0006_no_double_booking_and_asked_time_off"),
    ]

    operations = [
        migrations.CreateModel(
            name="PerformedProcedureStep",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("sop_instance_uid", models.CharField(max_length=64)),
                ("calling_ae_title", models.CharField(max_length=16)),
                ("performed_station_ae_title", models.CharField(max_length=16)),
                ("modality", models.CharField(max_length=16)),
                ("patient_id", models.CharField(blank=True, max_length=64)),
                ("issuer_of_patient_id", models.CharField(blank=True, max_length=64)),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("IN PROGRESS", "In Progress"),
                            ("COMPLETED", "Completed"),
                            ("DISCONTINUED", "Discontinued"),
                        ],
                        max_length=12,
                    ),
                ),
                ("started_at", models.DateTimeField()),
                ("ended_at", models.DateTimeField(null=True)),
                ("discontinuation_reason", models.CharField(blank=True, max_length=200)),
                (
                    "named_sop_instance_uids",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=64),
                        default=list,
                        help_text="Of the instances that it says it has made",
                        size=None,
                    ),
                ),
                ("attributes", models.JSONField(help_text="All that was said, as DICOM JSON (PS3.18 F)")),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("changed_at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "hospital",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="hospitals.hospital"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="ScheduledStepAttributes",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("study_instance_uid", models.CharField(max_length=64)),
                ("accession_number", models.CharField(blank=True, max_length=64)),
                ("issuer_of_accession_number", models.CharField(blank=True, max_length=64)),
                ("requested_procedure_id", models.CharField(blank=True, max_length=64)),
                ("scheduled_procedure_step_id", models.CharField(blank=True, max_length=64)),
                (
                    "hospital",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="hospitals.hospital"
                    ),
                ),
                (
                    "performed_step",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="scheduled_attributes",
                        to="archive.performedprocedurestep",
                    ),
                ),
            ],
        ),
        migrations.AddConstraint(
            model_name="performedprocedurestep",
            constraint=models.UniqueConstraint(
                models.F("hospital"), models.F("sop_instance_uid"), name="performed_step_once"
            ),
        ),
        migrations.AddIndex(
            model_name="scheduledstepattributes",
            index=models.Index(models.F("hospital"), models.F("study_instance_uid"), name="scheduled_by_study"),
        ),
        migrations.AddIndex(
            model_name="scheduledstepattributes",
            index=models.Index(models.F("hospital"), models.F("accession_number"), name="scheduled_by_accession"),
        ),
    ]
