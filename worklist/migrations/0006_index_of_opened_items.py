from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("worklist", "0005_reconciled_by_a_person")]

    operations = [
        migrations.AddIndex(
            model_name="worklistitem",
            index=models.Index(models.F("hospital"), models.F("opened_at"), name="item_opened"),
        ),
    ]
