from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("worklist", "0006_index_of_unread_items_by_deadline")]

    operations = [
        migrations.AddIndex(
            model_name="worklistitem",
            index=models.Index(models.F("hospital"), models.F("opened_at"), name="item_opened"),
        ),
    ]
