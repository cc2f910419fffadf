import django.core.validators
import django.db.models.deletion
import django.utils.timezone
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("archive", "0005_received_of_study"),
        ("hospitals", "0006_no_double_booking_and_asked_time_off"),
        ("network", "0003_nodes_that_send_priors"),
    ]

    operations = [
        migrations.AddField(
            model_name="node",
            name="is_network_service",
            field=models.BooleanField(
                default=False, help_text="An AI service of the whole network: may be sent any hospital's studies"
            ),
        ),
        migrations.CreateModel(
            name="ForwardedInstance",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("ae_title", models.CharField(max_length=16)),
                ("sent_at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "hospital",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="hospitals.hospital"
                    ),
                ),
                (
                    "instance",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="archive.instance"
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(models.F("instance"), models.F("ae_title"), name="forwarded_once")
                ],
            },
        ),
        migrations.CreateModel(
            name="ForwardingJob",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "ae_title",
                    models.CharField(
                        max_length=16,
                        validators=[
                            django.core.validators.RegexValidator(
                                "^(?! )[ -\\[\\]-~]{1,16}(?<! )$", "An AE title has 1 to 16 printable ASCII characters."
                            )
                        ],
                    ),
                ),
                (
                    "content_version",
                    models.PositiveIntegerField(help_text="Instances of the study when it was asked for"),
                ),
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
                (
                    "asked_by",
                    models.CharField(blank=True, help_text="The rules that matched, in words", max_length=300),
                ),
                ("attempts", models.PositiveIntegerField(default=0)),
                ("retry_at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "last_error",
                    models.CharField(blank=True, help_text="For the administrator; names no patient", max_length=300),
                ),
                (
                    "instances_sent",
                    models.PositiveIntegerField(default=0, help_text="Of the study, by this node's jobs together"),
                ),
                ("requested_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("heartbeat_at", models.DateTimeField(null=True)),
                ("finished_at", models.DateTimeField(null=True)),
                (
                    "hospital",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="hospitals.hospital"
                    ),
                ),
                (
                    "study",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="forwarding_jobs", to="archive.study"
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(
                        models.F("retry_at"),
                        condition=models.Q(("status__in", ("waiting", "running"))),
                        name="forwarding_open",
                    ),
                    models.Index(
                        models.F("hospital"),
                        models.OrderBy(models.F("requested_at"), descending=True),
                        name="forwarding_of_hospital",
                    ),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        models.F("study"),
                        models.F("ae_title"),
                        models.F("content_version"),
                        name="forwarding_once_a_content",
                    )
                ],
            },
        ),
    ]
