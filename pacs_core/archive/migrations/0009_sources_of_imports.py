from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("archive", "0008_row_level_security_of_identity")]

    operations = [
        migrations.AlterField(
            model_name="quarantinedinstance",
            name="source",
            field=models.CharField(help_text="dimse, stow, import, priors or hl7", max_length=10),
        ),
        migrations.AlterField(
            model_name="receivedinstance",
            name="source",
            field=models.CharField(help_text="dimse, stow, import, or priors for an import of priors", max_length=10),
        ),
    ]
