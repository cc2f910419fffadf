from django.db import migrations

from pacs_core.access.row_level_security import EnableRowLevelSecurity


class Migration(migrations.Migration):
    dependencies = [("worklist", "0009_stages_of_reading_and_ai_findings")]

    operations = [EnableRowLevelSecurity("worklist_aifinding")]
