from django.db import migrations

from pacs_core.access.row_level_security import EnableRowLevelSecurity


class Migration(migrations.Migration):
    dependencies = [("archive", "0001_initial")]

    operations = [
        EnableRowLevelSecurity("archive_patient"),
        EnableRowLevelSecurity("archive_study"),
        EnableRowLevelSecurity("archive_series"),
        EnableRowLevelSecurity("archive_instance"),
        EnableRowLevelSecurity("archive_receivedinstance"),
        EnableRowLevelSecurity("archive_quarantinedinstance"),
        EnableRowLevelSecurity("archive_viewinggrant"),
    ]
