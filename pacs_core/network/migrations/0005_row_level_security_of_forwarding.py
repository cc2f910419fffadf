from django.db import migrations

from pacs_core.access.row_level_security import EnableRowLevelSecurity


class Migration(migrations.Migration):
    dependencies = [("network", "0004_forwarding")]

    operations = [
        EnableRowLevelSecurity("network_forwardingjob"),
        EnableRowLevelSecurity("network_forwardedinstance"),
    ]
