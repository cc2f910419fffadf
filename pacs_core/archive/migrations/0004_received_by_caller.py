from django.db import migrations, models


class Migration(migrations.Migration):
    """The rhythm in which a node sends is read from its latest received instances."""

    dependencies = [("archive", "0003_wider_body_parts")]

    operations = [
        migrations.AddIndex(
            model_name="receivedinstance",
            index=models.Index("calling_ae_title", "id", name="received_by_caller"),
        ),
    ]
