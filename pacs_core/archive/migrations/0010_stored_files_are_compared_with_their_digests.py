from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("archive", "0009_sources_of_imports"),
        ("hospitals", "0006_no_double_booking_and_asked_time_off"),
    ]

    operations = [
        migrations.CreateModel(
            name="StorageSample",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("sampled_at", models.DateTimeField(unique=True)),
                ("total_bytes", models.BigIntegerField()),
                ("free_bytes", models.BigIntegerField()),
            ],
        ),
        migrations.AddField(
            model_name="instance",
            name="damage",
            field=models.CharField(
                blank=True,
                choices=[("missing", "Missing"), ("changed", "Other content than was received")],
                db_default="",
                help_text="What that comparison found",
                max_length=8,
            ),
        ),
        migrations.AddField(
            model_name="instance",
            name="verified_at",
            field=models.DateTimeField(help_text="When its file was last compared with sha256", null=True),
        ),
        migrations.AddIndex(
            model_name="instance",
            index=models.Index(
                models.OrderBy(models.F("verified_at"), nulls_first=True), models.F("id"), name="instance_to_verify"
            ),
        ),
        migrations.AddIndex(
            model_name="instance",
            index=models.Index(
                models.F("hospital"),
                models.F("id"),
                condition=models.Q(("damage", ""), _negated=True),
                name="instance_damaged",
            ),
        ),
    ]
