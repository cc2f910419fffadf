import django.contrib.postgres.fields
import django.db.models.deletion
from django.db import migrations, models

import pacs_core.network.nodes.values
from pacs_core.access.row_level_security import EnableRowLevelSecurity


class Migration(migrations.Migration):
    dependencies = [
        ("hospitals", "0006_no_double_booking_and_asked_time_off"),
        ("network", "0015_row_level_security_of_workitems"),
    ]

    operations = [
        migrations.CreateModel(
            name="NodePace",
            fields=[
                (
                    "node",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="+",
                        serialize=False,
                        to="network.node",
                    ),
                ),
                ("booked_until", models.DateTimeField()),
            ],
        ),
        migrations.AlterField(
            model_name="node",
            name="certificate_fingerprints",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.CharField(
                    max_length=120, validators=[pacs_core.network.nodes.values.validate_fingerprint]
                ),
                blank=True,
                default=list,
                help_text="SHA-256 of each certificate it may show, with commas. Two while one replaces the other.",
                size=None,
                verbose_name="Its certificates",
            ),
        ),
        migrations.AlterField(
            model_name="node",
            name="last_association_at",
            field=models.DateTimeField(editable=False, null=True),
        ),
        migrations.AlterField(
            model_name="node",
            name="last_error",
            field=models.CharField(
                blank=True, editable=False, help_text="For the administrator; names no patient", max_length=300
            ),
        ),
        migrations.AlterField(
            model_name="node",
            name="last_error_at",
            field=models.DateTimeField(editable=False, null=True),
        ),
        migrations.AlterField(
            model_name="node",
            name="last_stored_at",
            field=models.DateTimeField(editable=False, null=True),
        ),
        migrations.AlterField(
            model_name="node",
            name="presented_fingerprint",
            field=models.CharField(
                blank=True,
                editable=False,
                help_text="Of the certificate it showed last, accepted or not",
                max_length=64,
            ),
        ),
        migrations.AlterField(
            model_name="node",
            name="presented_subject",
            field=models.CharField(blank=True, editable=False, max_length=300),
        ),
        migrations.AlterField(
            model_name="node",
            name="presented_until",
            field=models.DateTimeField(editable=False, help_text="When that certificate expires", null=True),
        ),
        migrations.CreateModel(
            name="EchoTest",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("asked_at", models.DateTimeField()),
                ("started_at", models.DateTimeField(null=True)),
                ("finished_at", models.DateTimeField(null=True)),
                ("milliseconds", models.PositiveIntegerField(null=True)),
                (
                    "error",
                    models.CharField(blank=True, help_text="In words; empty when the node answered", max_length=300),
                ),
                (
                    "hospital",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="hospitals.hospital"
                    ),
                ),
                (
                    "node",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="echo_tests", to="network.node"
                    ),
                ),
            ],
            options={
                "abstract": False,
            },
        ),
        migrations.CreateModel(
            name="NodeTraffic",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("hour_at", models.DateTimeField(help_text="When the hour begins")),
                ("instances", models.PositiveIntegerField(default=0)),
                ("bytes", models.PositiveBigIntegerField(default=0)),
                ("refused", models.PositiveIntegerField(default=0, help_text="Instances that were not taken")),
                (
                    "hospital",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="hospitals.hospital"
                    ),
                ),
                (
                    "node",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="traffic", to="network.node"
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(models.F("node"), models.F("hour_at"), name="node_traffic_once_an_hour")
                ],
            },
        ),
        EnableRowLevelSecurity("network_nodetraffic"),
        EnableRowLevelSecurity("network_echotest"),
    ]
