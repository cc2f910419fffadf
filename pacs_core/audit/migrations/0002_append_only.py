from django.db import migrations

from pacs_core.access.row_level_security import EnableRowLevelSecurity

REFUSE_CHANGES = """
    create function audit_refuse_change() returns trigger language plpgsql as $$
    begin
        raise exception 'the audit trail is append-only';
    end $$;
    create trigger audit_append_only before update or delete on audit_auditentry
        for each row execute function audit_refuse_change();
"""
ALLOW_CHANGES = "drop trigger audit_append_only on audit_auditentry; drop function audit_refuse_change();"


class Migration(migrations.Migration):
    dependencies = [("audit", "0001_initial")]

    operations = [
        migrations.RunSQL(REFUSE_CHANGES, ALLOW_CHANGES),
        EnableRowLevelSecurity("audit_auditentry", allow_network_rows=True, insert_always=True),
    ]
