from django.db import migrations

from pacs_core.access.row_level_security import EnableRowLevelSecurity


class Migration(migrations.Migration):
    dependencies = [("network", "0007_outbound_jobs_and_dicomweb_nodes")]

    operations = [
        EnableRowLevelSecurity("network_commitmentrequest"),
        EnableRowLevelSecurity("network_availabilitynotice"),
    ]
