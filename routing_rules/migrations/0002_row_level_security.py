from django.db import migrations

from pacs_core.access.row_level_security import EnableRowLevelSecurity


class Migration(migrations.Migration):
    dependencies = [("routing_rules", "0001_initial")]

    operations = [
        EnableRowLevelSecurity("routing_rules_assignmentdecision"),
    ]
