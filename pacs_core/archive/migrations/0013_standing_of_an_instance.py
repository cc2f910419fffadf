from django.db import migrations

# One round trip for each instance that arrives. UIDs are unique in the whole network, so the function looks past the
# hospital for a moment; of other hospitals it tells only that a UID is taken.
FORWARD = """
create function archive_standing(
    asked_hospital integer, asked_study text, asked_series text, asked_sop text, asked_sha256 text
) returns table (
    held_id bigint, held_sha256 text, held_study text, instance_elsewhere boolean,
    series_study text, series_elsewhere boolean,
    issuer text, patient text, study_elsewhere boolean,
    waiting_sha256 text, waiting_study text, waiting_path text,
    set_aside text, is_former boolean
) language plpgsql volatile as $$
declare
    scope text := current_setting('meridian.hospital_ids', true);
begin
    perform pg_advisory_xact_lock(hashtextextended(asked_sop, 7301003));
    perform set_config('meridian.hospital_ids',
        (select '{' || coalesce(string_agg(id::text, ','), '') || '}' from hospitals_hospital), true);
    return query
    select
        case when held.own then held.id end, case when held.own then held.sha256 end,
        case when held.own then held.study end, held.id is not null and not held.own,
        case when series.own then series.study end, series.study is not null and not series.own,
        case when study.own then study.issuer end, case when study.own then study.patient end,
        coalesce(not study.own, foreigner.found, false),
        waiting.sha256, waiting.study, waiting.path, aside.resolution, former.found is not null
    from (select 1) as one
    left join lateral (
        select i.id, i.sha256::text, i.hospital_id = asked_hospital as own, t.study_instance_uid::text as study
        from archive_instance i join archive_series s on s.id = i.series_id join archive_study t on t.id = s.study_id
        where i.sop_instance_uid = asked_sop
    ) held on true
    left join lateral (
        select s.hospital_id = asked_hospital as own, t.study_instance_uid::text as study
        from archive_series s join archive_study t on t.id = s.study_id where s.series_instance_uid = asked_series
    ) series on true
    left join lateral (
        select t.hospital_id = asked_hospital as own, p.issuer_of_patient_id::text as issuer,
            p.patient_id::text as patient
        from archive_study t join archive_patient p on p.id = t.patient_id where t.study_instance_uid = asked_study
    ) study on true
    left join lateral (
        select true as found from archive_receivedinstance r
        where r.study_instance_uid = asked_study and r.outcome = 'pending' and r.hospital_id <> asked_hospital limit 1
    ) foreigner on study.own is null
    left join lateral (
        select r.sha256::text, r.study_instance_uid::text as study, r.file_path::text as path
        from archive_receivedinstance r
        where r.sop_instance_uid = asked_sop and r.outcome = 'pending' and r.hospital_id = asked_hospital
        order by r.id limit 1
    ) waiting on held.id is null
    left join lateral (
        select q.resolution::text from archive_quarantinedinstance q
        where q.sop_instance_uid = asked_sop and q.sha256 = asked_sha256 and q.hospital_id = asked_hospital
            and q.conflict_id is not null
        order by q.id desc limit 1
    ) aside on true
    left join lateral (
        select true as found from archive_instanceversion v
        where v.instance_id = held.id and held.own and v.sha256 = asked_sha256 limit 1
    ) former on true;
    perform set_config('meridian.hospital_ids', scope, true);
end
$$;
"""
BACKWARD = "drop function archive_standing(integer, text, text, text, text)"


class Migration(migrations.Migration):
    dependencies = [
        ("archive", "0012_row_level_security_of_conflicts"),
        ("hospitals", "0006_no_double_booking_and_asked_time_off"),
    ]

    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
