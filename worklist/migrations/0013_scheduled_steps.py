import django.db.models.functions.comparison
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("archive", "0005_received_of_study"),
        ("hospitals", "0006_no_double_booking_and_asked_time_off"),
        ("worklist", "0012_orders_of_other_patients"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name="order",
            name="admission_id",
            field=models.CharField(blank=True, max_length=64),
        ),
        migrations.AddField(
            model_name="order",
            name="allergies",
            field=models.TextField(blank=True, help_text="One a line"),
        ),
        migrations.AddField(
            model_name="order",
            name="patient_location",
            field=models.CharField(blank=True, max_length=64),
        ),
        migrations.AddField(
            model_name="order",
            name="patient_state",
            field=models.CharField(blank=True, max_length=64),
        ),
        migrations.AddField(
            model_name="order",
            name="patient_transport",
            field=models.CharField(blank=True, max_length=64),
        ),
        migrations.AddField(
            model_name="order",
            name="performing_physician_name",
            field=models.CharField(blank=True, help_text="As scheduled", max_length=324),
        ),
        migrations.AddField(
            model_name="order",
            name="placed_again_at",
            field=models.DateTimeField(
                help_text="After it was cancelled or discontinued: performed steps before that count no more", null=True
            ),
        ),
        migrations.AddField(
            model_name="order",
            name="pregnancy_status",
            field=models.PositiveSmallIntegerField(help_text="PS3.3 C.7.1.3: 3 definitely pregnant", null=True),
        ),
        migrations.AddField(
            model_name="order",
            name="procedure_scheme",
            field=models.CharField(blank=True, max_length=16),
        ),
        migrations.AddField(
            model_name="order",
            name="protocol_code",
            field=models.CharField(blank=True, max_length=64),
        ),
        migrations.AddField(
            model_name="order",
            name="protocol_scheme",
            field=models.CharField(blank=True, max_length=16),
        ),
        migrations.AddField(
            model_name="order",
            name="protocol_text",
            field=models.CharField(blank=True, max_length=64),
        ),
        migrations.AddField(
            model_name="order",
            name="requested_procedure_id",
            field=models.CharField(blank=True, max_length=64),
        ),
        migrations.AddField(
            model_name="order",
            name="scheduled_location",
            field=models.CharField(blank=True, max_length=64),
        ),
        migrations.AddField(
            model_name="order",
            name="scheduled_procedure_step_id",
            field=models.CharField(blank=True, max_length=64),
        ),
        migrations.AddField(
            model_name="order",
            name="scheduled_station_ae_title",
            field=models.CharField(
                blank=True, help_text="Empty: for whichever station of the hospital asks", max_length=16
            ),
        ),
        migrations.AddField(
            model_name="order",
            name="scheduled_station_name",
            field=models.CharField(blank=True, max_length=64),
        ),
        migrations.AlterField(
            model_name="order",
            name="status",
            field=models.CharField(
                choices=[
                    ("ordered", "Ordered"),
                    ("in_progress", "Being examined"),
                    ("performed", "Examined"),
                    ("discontinued", "Discontinued"),
                    ("cancelled", "Cancelled"),
                ],
                default="ordered",
                max_length=12,
            ),
        ),
        migrations.AddIndex(
            model_name="order",
            index=models.Index(
                models.F("hospital"),
                django.db.models.functions.comparison.Coalesce("requested_at", "created_at"),
                condition=models.Q(("status__in", ("ordered", "in_progress"))),
                name="order_to_examine",
            ),
        ),
    ]
