from django.db import migrations

from pacs_core.access.row_level_security import EnableRowLevelSecurity

REFUSE_CHANGES = """
    create function reporting_refuse_preliminary_change() returns trigger language plpgsql as $$
    begin
        raise exception 'preliminary version % is finished and never changes', old.id;
    end $$;
    create trigger reporting_preliminary_never_changes before update or delete on reporting_preliminaryversion
        for each row execute function reporting_refuse_preliminary_change();
"""
ALLOW_CHANGES = """
    drop trigger reporting_preliminary_never_changes on reporting_preliminaryversion;
    drop function reporting_refuse_preliminary_change();
"""


class Migration(migrations.Migration):
    dependencies = [("reporting", "0004_preliminary_versions")]

    operations = [
        EnableRowLevelSecurity("reporting_preliminaryversion"),
        migrations.RunSQL(REFUSE_CHANGES, ALLOW_CHANGES),
    ]
