from django.db import migrations

from pacs_core.access.row_level_security import EnableRowLevelSecurity


class Migration(migrations.Migration):
    dependencies = [("archive", "0017_retention")]

    operations = [
        EnableRowLevelSecurity("archive_retentionrule"),
        EnableRowLevelSecurity("archive_legalhold"),
        EnableRowLevelSecurity("archive_imagedeletion"),
    ]
