from django.db import migrations

from pacs_core.access.row_level_security import EnableRowLevelSecurity


class Migration(migrations.Migration):
    dependencies = [("routing_rules", "0005_notices_and_messages")]

    operations = [
        EnableRowLevelSecurity("routing_rules_readermessage"),
        EnableRowLevelSecurity("routing_rules_rulenotice"),
        EnableRowLevelSecurity("routing_rules_notice"),
    ]
