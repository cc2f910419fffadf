from django.db import migrations

from pacs_core.access.row_level_security import EnableRowLevelSecurity


class Migration(migrations.Migration):
    dependencies = [("events", "0001_initial")]

    operations = [
        EnableRowLevelSecurity("events_event", allow_network_rows=True),
    ]
