import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("archive", "0005_received_of_study"),
        ("hospitals", "0004_credentials_of_privileged_readers"),
        ("worklist", "0008_places_patient_class_and_ruled_urgency"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="AiFinding",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("service", models.CharField(help_text="The service's name: BleedNet", max_length=60)),
                ("code", models.CharField(help_text="As rules ask for it: intracranial_haemorrhage", max_length=64)),
                ("label", models.CharField(help_text="As people read it", max_length=120)),
                (
                    "confidence",
                    models.FloatField(help_text="0 to 1, as the service says; null: it says none", null=True),
                ),
                ("found_at", models.DateTimeField(help_text="By the service's clock")),
                (
                    "withdrawn_at",
                    models.DateTimeField(help_text="The service takes it back: no fact for rules any more", null=True),
                ),
                ("received_at", models.DateTimeField(default=django.utils.timezone.now)),
            ],
        ),
        migrations.AddField(
            model_name="worklistitem",
            name="first_finished_at",
            field=models.DateTimeField(help_text="Null again when the attending sent it back", null=True),
        ),
        migrations.AddField(
            model_name="worklistitem",
            name="first_reader",
            field=models.ForeignKey(
                help_text="Who finished the first reading; never reads the second",
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="worklistitem",
            name="reading_mode",
            field=models.CharField(
                choices=[
                    ("single", "Single reading"),
                    ("double", "Double reading"),
                    ("two_tier", "Resident, then attending"),
                ],
                default="single",
                max_length=8,
            ),
        ),
        migrations.AddField(
            model_name="worklistitem",
            name="reading_stage",
            field=models.PositiveSmallIntegerField(
                default=1, help_text="2 once the first of two readings is finished; the deadline is one for both"
            ),
        ),
        migrations.AddConstraint(
            model_name="worklistitem",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("reading_stage", 1),
                    models.Q(
                        ("first_finished_at__isnull", False),
                        ("first_reader__isnull", False),
                        ("reading_mode__in", ("double", "two_tier")),
                        ("reading_stage", 2),
                    ),
                    _connector="OR",
                ),
                name="item_second_stage_has_first_reader",
            ),
        ),
        migrations.AddField(
            model_name="aifinding",
            name="hospital",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="hospitals.hospital"
            ),
        ),
        migrations.AddField(
            model_name="aifinding",
            name="reported_by",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddField(
            model_name="aifinding",
            name="study",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="ai_findings", to="archive.study"
            ),
        ),
        migrations.AddConstraint(
            model_name="aifinding",
            constraint=models.UniqueConstraint(
                models.F("study"), models.F("service"), models.F("code"), name="ai_finding_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="aifinding",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("confidence__isnull", True),
                    models.Q(("confidence__gte", 0), ("confidence__lte", 1)),
                    _connector="OR",
                ),
                name="ai_finding_confidence_is_a_share",
            ),
        ),
    ]
