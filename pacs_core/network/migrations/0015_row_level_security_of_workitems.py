from django.db import migrations

from pacs_core.access.row_level_security import EnableRowLevelSecurity


class Migration(migrations.Migration):
    dependencies = [("network", "0014_workitems")]

    operations = [
        EnableRowLevelSecurity("network_workitem"),
        EnableRowLevelSecurity("network_workitemsubscription"),
    ]
