"""A published rule set is what past decisions name: PostgreSQL itself refuses to change or remove it."""

from django.db import migrations

REFUSE_CHANGES = """
    create function routing_rules_refuse_rule_set_change() returns trigger language plpgsql as $$
    begin
        if old.status = 'published' then
            raise exception 'rule set % is published and never edited', old.version using errcode = 'restrict_violation';
        end if;
        if tg_op = 'DELETE' then
            return old;
        end if;
        return new;
    end $$;
    create trigger routing_rules_rule_set_never_changes before update or delete on routing_rules_ruleset
        for each row execute function routing_rules_refuse_rule_set_change();
"""
ALLOW_CHANGES = """
    drop trigger routing_rules_rule_set_never_changes on routing_rules_ruleset;
    drop function routing_rules_refuse_rule_set_change();
"""


class Migration(migrations.Migration):
    dependencies = [("routing_rules", "0009_row_level_security_of_notice_mails")]
    operations = [migrations.RunSQL(REFUSE_CHANGES, ALLOW_CHANGES)]
