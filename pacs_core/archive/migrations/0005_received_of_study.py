from django.db import migrations, models


class Migration(migrations.Migration):
    """Who sent a study is asked when it may be a prior that waits for no reader."""

    dependencies = [("archive", "0004_received_by_caller")]

    operations = [
        migrations.AddIndex(
            model_name="receivedinstance",
            index=models.Index("study_instance_uid", "calling_ae_title", "received_at", name="received_of_study"),
        ),
    ]
