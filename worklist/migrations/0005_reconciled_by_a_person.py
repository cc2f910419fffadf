from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("worklist", "0004_index_of_signed_items")]

    operations = [
        migrations.AddField(
            model_name="worklistitem",
            name="reconciled_at",
            field=models.DateTimeField(
                null=True,
                help_text="When a person decided which order this is, or that there is none: matching leaves it so",
            ),
        ),
    ]
