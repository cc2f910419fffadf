from django.db import migrations

from pacs_core.access.row_level_security import EnableRowLevelSecurity


class Migration(migrations.Migration):
    dependencies = [("reporting", "0007_key_images")]

    operations = [EnableRowLevelSecurity("reporting_keyimage")]
