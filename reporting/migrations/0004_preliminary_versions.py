import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("hospitals", "0004_credentials_of_privileged_readers"),
        ("reporting", "0003_signed_versions_never_change"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name="report",
            name="preliminary_version",
            field=models.PositiveIntegerField(
                default=0,
                help_text="Number of the latest PreliminaryVersion; 0 when no reading was finished before signing",
            ),
        ),
        migrations.CreateModel(
            name="PreliminaryVersion",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("number", models.PositiveIntegerField()),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("preliminary", "Preliminary report"),
                            ("first", "First reading"),
                            ("second", "Second reading"),
                            ("further", "Further reading"),
                        ],
                        max_length=12,
                    ),
                ),
                ("sections", models.JSONField(help_text="Text by section name, see reporting.sections")),
                ("draft_version", models.PositiveIntegerField(help_text="Number of the draft that was finished")),
                (
                    "printed_name",
                    models.CharField(help_text="The author's name then, as the PDF prints it", max_length=120),
                ),
                ("finished_at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "acknowledged_checks",
                    models.JSONField(default=list, help_text="Keys of warnings the author confirmed"),
                ),
                (
                    "author",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="preliminary_versions",
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
                    "report",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="preliminary_versions",
                        to="reporting.report",
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(
                        models.F("author"),
                        models.OrderBy(models.F("finished_at"), descending=True),
                        name="preliminary_of_author",
                    )
                ],
                "constraints": [
                    models.UniqueConstraint(models.F("report"), models.F("number"), name="preliminary_number_once")
                ],
            },
        ),
    ]
