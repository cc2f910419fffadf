from django.db import migrations

from pacs_core.access.row_level_security import EnableRowLevelSecurity


class Migration(migrations.Migration):
    dependencies = [("routing_rules", "0003_planning_rules_and_procedures")]

    operations = [
        EnableRowLevelSecurity("routing_rules_itemdemand"),
        EnableRowLevelSecurity("routing_rules_proceduremapping"),
        EnableRowLevelSecurity("routing_rules_escalationstep"),
    ]
