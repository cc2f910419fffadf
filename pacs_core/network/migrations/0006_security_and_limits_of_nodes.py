import django.contrib.postgres.fields
import django.core.validators
import django.db.models.deletion
import django.utils.timezone
from django.db import migrations, models

import pacs_core.network.nodes.values
from pacs_core.access.row_level_security import EnableRowLevelSecurity


class Migration(migrations.Migration):
    dependencies = [
        ("hospitals", "0006_no_double_booking_and_asked_time_off"),
        ("network", "0005_row_level_security_of_forwarding"),
    ]

    operations = [
        migrations.AddField(
            model_name="node",
            name="addresses",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.CharField(
                    max_length=49, validators=[pacs_core.network.nodes.values.validate_network]
                ),
                blank=True,
                default=list,
                help_text="Addresses or networks that it calls from, with commas: 10.0.0.5, 10.1.0.0/16. Empty: any address.",
                size=None,
                verbose_name="Calls from",
            ),
        ),
        migrations.AddField(
            model_name="node",
            name="calls_from_time",
            field=models.TimeField(
                blank=True,
                help_text="By the hospital's clock. Empty: at any hour.",
                null=True,
                verbose_name="May call from",
            ),
        ),
        migrations.AddField(
            model_name="node",
            name="calls_until_time",
            field=models.TimeField(
                blank=True,
                help_text="Earlier than the beginning: over midnight.",
                null=True,
                verbose_name="May call until",
            ),
        ),
        migrations.AddField(
            model_name="node",
            name="certificate_fingerprints",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.CharField(
                    max_length=64, validators=[pacs_core.network.nodes.values.validate_fingerprint]
                ),
                blank=True,
                default=list,
                help_text="SHA-256 of each certificate it may show, with commas. Two while one replaces the other.",
                size=None,
                verbose_name="Its certificates",
            ),
        ),
        migrations.AddField(
            model_name="node",
            name="certificate_subject",
            field=models.CharField(
                blank=True,
                help_text="The whole name as in RFC 4514: CN=north-ct,O=Northgate. Empty: any name.",
                max_length=300,
                validators=[pacs_core.network.nodes.values.validate_subject],
                verbose_name="Its certificate's subject",
            ),
        ),
        migrations.AddField(
            model_name="node",
            name="instances_per_minute",
            field=models.PositiveIntegerField(
                blank=True,
                help_text="Beyond it we answer more slowly, so that it sends more slowly. Empty: no limit.",
                null=True,
                validators=[django.core.validators.MinValueValidator(1)],
                verbose_name="Images a minute",
            ),
        ),
        migrations.AddField(
            model_name="node",
            name="is_reached_over_tls",
            field=models.BooleanField(
                default=False,
                help_text="What we send to its host and port goes over TLS.",
                verbose_name="Call it over TLS",
            ),
        ),
        migrations.AddField(
            model_name="node",
            name="last_error",
            field=models.CharField(blank=True, help_text="For the administrator; names no patient", max_length=300),
        ),
        migrations.AddField(
            model_name="node",
            name="last_error_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="node",
            name="most_associations",
            field=models.PositiveSmallIntegerField(
                default=20,
                help_text="Over all our processes; the next one is told to come again later.",
                validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(500)],
                verbose_name="Associations at once",
            ),
        ),
        migrations.AddField(
            model_name="node",
            name="presented_fingerprint",
            field=models.CharField(blank=True, help_text="Of the certificate it showed last", max_length=64),
        ),
        migrations.AddField(
            model_name="node",
            name="presented_subject",
            field=models.CharField(blank=True, max_length=300),
        ),
        migrations.AddField(
            model_name="node",
            name="presented_until",
            field=models.DateTimeField(help_text="When that certificate expires", null=True),
        ),
        migrations.AddField(
            model_name="node",
            name="requires_tls",
            field=models.BooleanField(
                default=False, help_text="Turned away unless it calls on the port with TLS.", verbose_name="TLS only"
            ),
        ),
        migrations.AlterField(
            model_name="node",
            name="ae_title",
            field=models.CharField(
                help_text="The title that the scanner or PACS calls with; capitals matter.",
                max_length=16,
                unique=True,
                validators=[
                    django.core.validators.RegexValidator(
                        "^(?! )[ -\\[\\]-~]{1,16}(?<! )$", "An AE title has 1 to 16 printable ASCII characters."
                    )
                ],
                verbose_name="AE title",
            ),
        ),
        migrations.AlterField(
            model_name="node",
            name="host",
            field=models.CharField(
                blank=True, help_text="Where we reach it: a name or an address.", max_length=255, verbose_name="Host"
            ),
        ),
        migrations.AlterField(
            model_name="node",
            name="is_network_service",
            field=models.BooleanField(
                default=False,
                help_text="Rules may send it any hospital's studies, patients' names included. For AI services.",
                verbose_name="Service of the whole network",
            ),
        ),
        migrations.AlterField(
            model_name="node",
            name="may_find",
            field=models.BooleanField(
                default=False, help_text="Search its hospital's studies (C-FIND).", verbose_name="May find"
            ),
        ),
        migrations.AlterField(
            model_name="node",
            name="may_move",
            field=models.BooleanField(
                default=False,
                help_text="Have its hospital's images sent to it (C-MOVE, C-GET).",
                verbose_name="May move",
            ),
        ),
        migrations.AlterField(
            model_name="node",
            name="may_store",
            field=models.BooleanField(default=False, help_text="Send us images (C-STORE).", verbose_name="May store"),
        ),
        migrations.AlterField(
            model_name="node",
            name="port",
            field=models.PositiveIntegerField(
                blank=True,
                null=True,
                validators=[
                    django.core.validators.MinValueValidator(1),
                    django.core.validators.MaxValueValidator(65535),
                ],
                verbose_name="Port",
            ),
        ),
        migrations.AlterField(
            model_name="node",
            name="sends_priors",
            field=models.BooleanField(
                default=False,
                help_text="Its studies are shown as priors and wait for no reader, until an order or a scanner names them.",
                verbose_name="Sends priors only",
            ),
        ),
        migrations.CreateModel(
            name="OpenAssociation",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("process", models.CharField(help_text="The worker process that serves it", max_length=64)),
                ("peer_address", models.CharField(max_length=64)),
                (
                    "secured_by",
                    models.CharField(blank=True, help_text="TLS version and suite; empty without TLS", max_length=60),
                ),
                ("opened_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("beat_at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "hospital",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="hospitals.hospital"
                    ),
                ),
                (
                    "node",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="open_associations", to="network.node"
                    ),
                ),
            ],
            options={
                "abstract": False,
            },
        ),
        EnableRowLevelSecurity("network_openassociation"),
    ]
