from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("routing_rules", "0012_decisions_of_plans")]

    operations = [
        migrations.AddField(
            model_name="trial",
            name="attempts",
            field=models.PositiveSmallIntegerField(default=0, help_text="How many workers have begun it"),
        ),
        migrations.AddIndex(
            model_name="trial",
            index=models.Index(models.F("created_at").desc(), name="trial_by_time"),
        ),
    ]
