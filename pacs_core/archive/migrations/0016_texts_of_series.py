import django.db.models.deletion
from django.db import migrations, models

from pacs_core.access.row_level_security import EnableRowLevelSecurity

# Whatever changes an instance, now or later: its series is read from the rows until it is gathered again.
_FORGET = """
create function archive_forget_series_metadata() returns trigger language plpgsql as $$
begin
    delete from archive_seriesmetadata where series_id in (old.series_id, coalesce(new.series_id, old.series_id));
    return null;
end $$;
create trigger archive_instance_forgets_metadata after update of metadata, series_id, is_hidden on archive_instance
    for each row execute function archive_forget_series_metadata();
create trigger archive_instance_gone_forgets_metadata after delete on archive_instance
    for each row execute function archive_forget_series_metadata();
"""
_FORGET_NO_MORE = """
drop trigger archive_instance_gone_forgets_metadata on archive_instance;
drop trigger archive_instance_forgets_metadata on archive_instance;
drop function archive_forget_series_metadata();
"""


class Migration(migrations.Migration):
    dependencies = [
        ("archive", "0015_row_level_security_of_performed_steps"),
        ("hospitals", "0006_no_double_booking_and_asked_time_off"),
    ]

    operations = [
        migrations.CreateModel(
            name="SeriesMetadata",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("number_of_instances", models.PositiveIntegerField()),
                (
                    "documents",
                    models.BinaryField(help_text="zlib: the JSON objects of Instance.metadata, divided by commas"),
                ),
                (
                    "hospital",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="hospitals.hospital"
                    ),
                ),
                (
                    "series",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="metadata_texts", to="archive.series"
                    ),
                ),
            ],
            options={
                "abstract": False,
            },
        ),
        EnableRowLevelSecurity("archive_seriesmetadata"),
        migrations.RunSQL(_FORGET, _FORGET_NO_MORE),
    ]
