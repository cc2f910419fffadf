from django.db import migrations

# What was asked to be signed is fixed at once; a signed or failed row is fixed altogether.
REFUSE_CHANGES = """
    create function reporting_refuse_version_change() returns trigger language plpgsql as $$
    begin
        if old.state <> 'requested' then
            raise exception 'report version % is % and never changes', old.id, old.state;
        end if;
        if tg_op = 'DELETE' then
            raise exception 'report version % is being signed and is not deleted', old.id;
        end if;
        if (new.hospital_id, new.report_id, new.number, new.kind, new.sections, new.draft_version, new.signer_id,
            new.certificate_id, new.printed_name, new.signed_at, new.meaning, new.previous_id,
            new.acknowledged_checks, new.verification_nonce, new.verification_digest)
           is distinct from
           (old.hospital_id, old.report_id, old.number, old.kind, old.sections, old.draft_version, old.signer_id,
            old.certificate_id, old.printed_name, old.signed_at, old.meaning, old.previous_id,
            old.acknowledged_checks, old.verification_nonce, old.verification_digest) then
            raise exception 'what report version % says was fixed when its radiologist signed', old.id;
        end if;
        return new;
    end $$;
    create trigger reporting_version_never_changes before update or delete on reporting_reportversion
        for each row execute function reporting_refuse_version_change();
"""
ALLOW_CHANGES = """
    drop trigger reporting_version_never_changes on reporting_reportversion;
    drop function reporting_refuse_version_change();
"""


class Migration(migrations.Migration):
    dependencies = [("reporting", "0002_row_level_security")]

    operations = [migrations.RunSQL(REFUSE_CHANGES, ALLOW_CHANGES)]
