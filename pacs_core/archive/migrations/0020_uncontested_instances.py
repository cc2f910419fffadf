from django.db import migrations

# Nearly every instance contradicts nothing: it is looked up and noted in one round trip. Whatever is known that could
# speak against it leaves the judgement, and the row, to the application: then the function answers null.
FORWARD = """
create function archive_take_uncontested(
    asked_hospital integer, asked_study text, asked_series text, asked_sop text, asked_sha256 text,
    named_issuer text, named_patient text,
    sent_as text, sent_by text, kept_path text, kept_bytes bigint, taken_at timestamptz
) returns bigint language plpgsql volatile as $$
declare
    known record;
    taken_id bigint;
begin
    select * into known from archive_standing(asked_hospital, asked_study, asked_series, asked_sop, asked_sha256);
    if known.study_elsewhere or known.series_elsewhere or known.instance_elsewhere
        or known.is_former or known.set_aside is not null
        or coalesce(known.held_study, known.waiting_study, asked_study) <> asked_study
        or coalesce(known.series_study, asked_study) <> asked_study
        or coalesce(known.held_sha256, known.waiting_sha256, asked_sha256) <> asked_sha256
        or known.patient <> named_patient
        or known.issuer <> coalesce(
            nullif(named_issuer, ''), (select h.issuer_of_patient_id from hospitals_hospital h where h.id = asked_hospital)
        )
    then
        return null;
    end if;
    insert into archive_receivedinstance (
        hospital_id, source, calling_ae_title, study_instance_uid, sop_instance_uid, file_path, size_bytes, sha256,
        received_at, outcome, attempts
    ) values (
        asked_hospital, sent_as, sent_by, asked_study, asked_sop, kept_path, kept_bytes, asked_sha256,
        taken_at, 'pending', 0
    ) returning id into taken_id;
    return taken_id;
end
$$;
"""
BACKWARD = """
drop function archive_take_uncontested(
    integer, text, text, text, text, text, text, text, text, text, bigint, timestamptz
)
"""


class Migration(migrations.Migration):
    dependencies = [("archive", "0019_completion_rules")]

    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
