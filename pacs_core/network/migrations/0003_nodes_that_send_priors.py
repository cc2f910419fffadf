from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("network", "0002_row_level_security")]

    operations = [
        migrations.AddField(
            model_name="node",
            name="sends_priors",
            field=models.BooleanField(
                default=False, help_text="Sends earlier examinations: they are filed as priors and wait for no reader"
            ),
        ),
    ]
