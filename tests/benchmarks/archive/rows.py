"""Rows in bulk, so that a million studies need not be sent: what the indexer would have written, made by PostgreSQL."""

import psycopg

from tests.benchmarks.archive.measures import DAYS

_STATEMENTS = (
    """
    insert into archive_patient (id, hospital_id, patient_id, issuer_of_patient_id, name, sex, birth_date)
    select %(first)s + n, %(hospital)s, 'BULK' || (%(first)s + n), 'BENCH',
           (array['MEYER','SMITH','ROSSI','NOVAK','SATO'])[n %% 5 + 1] || '^' || n, 'F', '1970-01-02'
    from generate_series(1, %(studies)s) n
    """,
    """
    insert into archive_study (id, hospital_id, patient_id, study_instance_uid, accession_number,
        issuer_of_accession_number, study_at, description, modalities, body_part, laterality,
        referring_physician_name, procedure_code, priority, number_of_series, number_of_instances,
        first_received_at, last_received_at, completed_at)
    select %(first)s + n, %(hospital)s, %(first)s + n, '1.2.826.9.1.' || (%(first)s + n), 'A' || n, 'BENCH',
           to_timestamp((%(days)s::text[])[n %% %(number_of_days)s + 1] || ' 1015', 'YYYYMMDD HH24MI')
               + make_interval(secs => n %% 28800),
           'CT head without contrast', array['CT'], 'HEAD', '', 'REFERRER^ANNA', '', 'routine', 1, 1,
           now(), now(), now()
    from generate_series(1, %(studies)s) n
    """,
    """
    insert into archive_series (id, hospital_id, study_id, series_instance_uid, modality, series_number, description,
        body_part, number_of_instances)
    select %(first)s + n, %(hospital)s, %(first)s + n, '1.2.826.9.2.' || (%(first)s + n), 'CT', 1, 'AXIAL', 'HEAD', 1
    from generate_series(1, %(studies)s) n
    """,
    """
    insert into archive_instance (id, hospital_id, series_id, sop_instance_uid, sop_class_uid, transfer_syntax_uid,
        instance_number, number_of_frames, rows, columns, file_path, size_bytes, sha256, metadata, received_at)
    select %(first)s + n, %(hospital)s, %(first)s + n, '1.2.826.9.3.' || (%(first)s + n), '1.2.840.10008.5.1.4.1.1.2',
           '1.2.840.10008.1.2.1', 1, 1, 512, 512, 'bulk/' || n, 525000, md5(n::text),
           '{"00200010": {"vr": "SH", "Value": ["1"]}, "00280010": {"vr": "US", "Value": [512]}}', now()
    from generate_series(1, %(studies)s) n
    """,
    "analyze archive_patient, archive_study, archive_series, archive_instance",
)
# Ids in bulk begin here, far above those that the sequences give the benchmark's own studies.
_FIRST = 100_000_000


def add_studies(superuser_url: str, *, studies: int) -> None:
    """Add studies of one series and instance, without files, spread over DAYS."""
    with psycopg.connect(superuser_url) as connection:
        hospital = connection.execute("select id from hospitals_hospital").fetchone()
        highest = connection.execute("select coalesce(max(id), 0) from archive_instance").fetchone()
        assert hospital is not None
        assert highest is not None
        first = max(_FIRST, highest[0])
        values = {"first": first, "hospital": hospital[0], "studies": studies, "days": DAYS}
        for statement in _STATEMENTS[:-1]:
            connection.execute(statement, values | {"number_of_days": len(DAYS)})
        connection.commit()
    with psycopg.connect(superuser_url, autocommit=True) as connection:
        connection.execute(_STATEMENTS[-1])
