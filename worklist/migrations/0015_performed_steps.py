from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("worklist", "0014_study_uids_of_orders"),
    ]

    operations = [
        migrations.AddField(
            model_name="order",
            name="discontinuation_reason",
            field=models.CharField(blank=True, max_length=200),
        ),
        migrations.AddField(
            model_name="order",
            name="examination_ended_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="order",
            name="examination_started_at",
            field=models.DateTimeField(help_text="By the scanner's performed steps", null=True),
        ),
    ]
