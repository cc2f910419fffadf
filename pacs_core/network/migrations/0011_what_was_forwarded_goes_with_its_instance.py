import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("archive", "0017_retention"),
        ("network", "0010_dicomweb_addresses_of_any_host"),
    ]

    operations = [
        migrations.AlterField(
            model_name="forwardedinstance",
            name="instance",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="+", to="archive.instance"
            ),
        ),
    ]
