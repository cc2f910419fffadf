from django.db import migrations

from pacs_core.access.row_level_security import EnableRowLevelSecurity


class Migration(migrations.Migration):
    dependencies = [("worklist", "0001_initial")]

    operations = [
        EnableRowLevelSecurity("worklist_order"),
        EnableRowLevelSecurity("worklist_worklistitem"),
        EnableRowLevelSecurity("worklist_worklistitemtransition"),
    ]
