from django.db import migrations

from pacs_core.access.row_level_security import EnableRowLevelSecurity


class Migration(migrations.Migration):
    dependencies = [("archive", "0014_performed_steps")]

    operations = [
        EnableRowLevelSecurity("archive_performedprocedurestep"),
        EnableRowLevelSecurity("archive_scheduledstepattributes"),
    ]
