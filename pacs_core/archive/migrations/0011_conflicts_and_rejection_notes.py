import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("archive", "0010_stored_files_are_compared_with_their_digests"),
        ("hospitals", "0006_no_double_booking_and_asked_time_off"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="InstanceVersion",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("file_path", models.CharField(help_text="Relative to STORAGE_ROOT", max_length=255)),
                ("size_bytes", models.BigIntegerField()),
                ("sha256", models.CharField(max_length=64)),
                ("received_at", models.DateTimeField()),
                ("replaced_at", models.DateTimeField(default=django.utils.timezone.now)),
            ],
            options={
                "abstract": False,
            },
        ),
        migrations.CreateModel(
            name="RejectedReference",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("study_instance_uid", models.CharField(max_length=64)),
                ("sop_instance_uid", models.CharField(max_length=64)),
                (
                    "lifted_at",
                    models.DateTimeField(help_text="When the expired instance was sent anew (113039 only)", null=True),
                ),
            ],
        ),
        migrations.CreateModel(
            name="RejectionNote",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "code",
                    models.CharField(
                        choices=[
                            ("113001", "Rejected for quality reasons"),
                            ("113037", "Rejected for patient safety reasons"),
                            ("113038", "Incorrect modality worklist entry"),
                            ("113039", "Data retention policy expired"),
                        ],
                        max_length=6,
                    ),
                ),
                (
                    "sop_instance_uid",
                    models.CharField(blank=True, help_text="Of the note; empty when made by hand", max_length=64),
                ),
                ("remark", models.CharField(blank=True, max_length=300)),
                ("made_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("revoked_at", models.DateTimeField(null=True)),
            ],
        ),
        migrations.CreateModel(
            name="StudyConflict",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "study_instance_uid",
                    models.CharField(help_text="As the instances that were set aside name it", max_length=64),
                ),
                ("reason_code", models.CharField(max_length=40)),
                ("opened_at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "decision",
                    models.CharField(
                        blank=True,
                        choices=[("accepted", "Accepted"), ("reassigned", "Reassigned"), ("rejected", "Rejected")],
                        max_length=10,
                    ),
                ),
                ("decided_at", models.DateTimeField(null=True)),
                ("remark", models.CharField(blank=True, max_length=300)),
            ],
        ),
        migrations.AddField(
            model_name="instance",
            name="is_hidden",
            field=models.BooleanField(db_default=False, default=False, help_text="A rejection note, or named by one"),
        ),
        migrations.AddField(
            model_name="quarantinedinstance",
            name="filed_as",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.SET_NULL, related_name="+", to="archive.instance"
            ),
        ),
        migrations.AddField(
            model_name="quarantinedinstance",
            name="sha256",
            field=models.CharField(
                blank=True, db_default="", help_text="Of the data set, where it was read", max_length=64
            ),
        ),
        migrations.AddField(
            model_name="series",
            name="is_hidden",
            field=models.BooleanField(db_default=False, default=False, help_text="Nothing of it is to be seen"),
        ),
        migrations.AddField(
            model_name="study",
            name="corrected_at",
            field=models.DateTimeField(help_text="Since when the rows, not the files, say whose it is", null=True),
        ),
        migrations.AddField(
            model_name="study",
            name="is_hidden",
            field=models.BooleanField(db_default=False, default=False, help_text="Nothing of it is to be seen"),
        ),
        migrations.AlterField(
            model_name="quarantinedinstance",
            name="resolution",
            field=models.CharField(
                blank=True,
                choices=[
                    ("retried", "Retried"),
                    ("rejected", "Rejected"),
                    ("accepted", "Accepted"),
                    ("reassigned", "Reassigned"),
                ],
                max_length=10,
            ),
        ),
        migrations.AddIndex(
            model_name="receivedinstance",
            index=models.Index(
                models.F("sop_instance_uid"), condition=models.Q(("outcome", "pending")), name="received_pending_sop"
            ),
        ),
        migrations.AddField(
            model_name="instanceversion",
            name="hospital",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="hospitals.hospital"
            ),
        ),
        migrations.AddField(
            model_name="instanceversion",
            name="instance",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="versions", to="archive.instance"
            ),
        ),
        migrations.AddField(
            model_name="rejectedreference",
            name="hospital",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="hospitals.hospital"
            ),
        ),
        migrations.AddField(
            model_name="rejectionnote",
            name="hospital",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="hospitals.hospital"
            ),
        ),
        migrations.AddField(
            model_name="rejectionnote",
            name="made_by",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddField(
            model_name="rejectionnote",
            name="revoked_by",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddField(
            model_name="rejectionnote",
            name="revoked_by_note",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="archive.rejectionnote"
            ),
        ),
        migrations.AddField(
            model_name="rejectedreference",
            name="note",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="references", to="archive.rejectionnote"
            ),
        ),
        migrations.AddField(
            model_name="studyconflict",
            name="decided_by",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddField(
            model_name="studyconflict",
            name="hospital",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="hospitals.hospital"
            ),
        ),
        migrations.AddField(
            model_name="studyconflict",
            name="target_study",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="archive.study"
            ),
        ),
        migrations.AddField(
            model_name="instanceversion",
            name="conflict",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="archive.studyconflict"
            ),
        ),
        migrations.AddField(
            model_name="quarantinedinstance",
            name="conflict",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="instances",
                to="archive.studyconflict",
            ),
        ),
        migrations.AddIndex(
            model_name="quarantinedinstance",
            index=models.Index(models.F("sop_instance_uid"), name="quarantined_by_sop"),
        ),
        migrations.AddConstraint(
            model_name="rejectionnote",
            constraint=models.UniqueConstraint(
                models.F("hospital"),
                models.F("sop_instance_uid"),
                condition=models.Q(("sop_instance_uid", ""), _negated=True),
                name="rejection_note_once",
            ),
        ),
        migrations.AddIndex(
            model_name="rejectedreference",
            index=models.Index(models.F("sop_instance_uid"), name="rejected_by_sop"),
        ),
        migrations.AddConstraint(
            model_name="studyconflict",
            constraint=models.UniqueConstraint(
                models.F("hospital"),
                models.F("study_instance_uid"),
                models.F("reason_code"),
                condition=models.Q(("decided_at__isnull", True)),
                name="one_open_conflict",
            ),
        ),
    ]
