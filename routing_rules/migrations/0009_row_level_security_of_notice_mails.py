from django.db import migrations

from pacs_core.access.row_level_security import EnableRowLevelSecurity


class Migration(migrations.Migration):
    dependencies = [("routing_rules", "0008_notices_that_clear_and_go_by_mail")]

    operations = [EnableRowLevelSecurity("routing_rules_noticemail")]
