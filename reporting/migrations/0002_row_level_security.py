from django.db import migrations

from pacs_core.access.row_level_security import EnableRowLevelSecurity


class Migration(migrations.Migration):
    dependencies = [("reporting", "0001_initial")]

    operations = [
        EnableRowLevelSecurity("reporting_report"),
        EnableRowLevelSecurity("reporting_draftversion"),
        EnableRowLevelSecurity("reporting_reportversion"),
        EnableRowLevelSecurity("reporting_delivery"),
    ]
