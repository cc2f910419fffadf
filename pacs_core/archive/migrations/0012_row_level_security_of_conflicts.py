from django.db import migrations

from pacs_core.access.row_level_security import EnableRowLevelSecurity


class Migration(migrations.Migration):
    dependencies = [("archive", "0011_conflicts_and_rejection_notes")]

    operations = [
        EnableRowLevelSecurity("archive_studyconflict"),
        EnableRowLevelSecurity("archive_instanceversion"),
        EnableRowLevelSecurity("archive_rejectionnote"),
        EnableRowLevelSecurity("archive_rejectedreference"),
    ]
