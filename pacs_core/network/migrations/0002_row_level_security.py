from django.db import migrations

from pacs_core.access.row_level_security import EnableRowLevelSecurity


class Migration(migrations.Migration):
    dependencies = [("network", "0001_initial")]

    operations = [
        EnableRowLevelSecurity("network_receivedmessage"),
    ]
