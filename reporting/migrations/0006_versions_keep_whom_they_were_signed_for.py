from django.db import migrations, models

# As 0003 made it, with printed_patient among what is fixed.
FUNCTION = """
    create or replace function reporting_refuse_version_change() returns trigger language plpgsql as $$
    begin
        if old.state <> 'requested' then
            raise exception 'report version % is % and never changes', old.id, old.state;
        end if;
        if tg_op = 'DELETE' then
            raise exception 'report version % is being signed and is not deleted', old.id;
        end if;
        if (new.hospital_id, new.report_id, new.number, new.kind, new.sections, new.draft_version, new.signer_id,
            new.certificate_id, new.printed_name, new.signed_at, new.meaning, new.previous_id,
            new.acknowledged_checks, new.verification_nonce, new.verification_digest%(more_new)s)
           is distinct from
           (old.hospital_id, old.report_id, old.number, old.kind, old.sections, old.draft_version, old.signer_id,
            old.certificate_id, old.printed_name, old.signed_at, old.meaning, old.previous_id,
            old.acknowledged_checks, old.verification_nonce, old.verification_digest%(more_old)s) then
            raise exception 'what report version % says was fixed when its radiologist signed', old.id;
        end if;
        return new;
    end $$;
"""


def function(*columns: str) -> str:
    more = {"%(more_new)s": "new", "%(more_old)s": "old"}
    text = FUNCTION
    for place, row in more.items():
        text = text.replace(place, "".join(f", {row}.{column}" for column in columns))
    return text


class Migration(migrations.Migration):
    dependencies = [("reporting", "0005_preliminary_versions_never_change")]

    operations = [
        migrations.AddField(
            model_name="reportversion",
            name="printed_patient",
            field=models.JSONField(
                help_text="Whom the radiologist signed for, as printed; null in versions of before it was kept",
                null=True,
            ),
        ),
        migrations.RunSQL(function("printed_patient"), function()),
    ]
