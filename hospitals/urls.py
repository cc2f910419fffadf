from django.urls import include, path

from hospitals.views import session
from hospitals.views.administration import nodes, oversight, people, person_actions, places, research, retention

_ADMINISTRATION = [
    path("", oversight.index, name="index"),
    path("hospitals/", places.hospitals, name="hospitals"),
    path("hospitals/add/", places.add_hospital, name="add_hospital"),
    path("hospitals/<str:code>/", places.hospital, name="hospital"),
    path("nodes/", nodes.nodes, name="nodes"),
    path("nodes/add/", nodes.add_node, name="add_node"),
    path("nodes/<int:node_id>/", nodes.node, name="node"),
    path("nodes/<int:node_id>/echo/", nodes.echo_node, name="echo_node"),
    path("nodes/<int:node_id>/store-certificate/", nodes.store_certificate, name="store_certificate"),
    path("nodes/<int:node_id>/pause/", nodes.pause_node, name="pause_node"),
    path("nodes/<int:node_id>/remove/", nodes.remove_node_page, name="remove_node"),
    path("hl7-sources/", places.hl7_sources, name="hl7_sources"),
    path("hl7-sources/add/", places.add_hl7_source, name="add_hl7_source"),
    path("people/", people.people, name="people"),
    path("people/add/", people.add_person, name="add_person"),
    path("people/<int:person_id>/", people.person, name="person"),
    path("people/<int:person_id>/lock-out/", person_actions.lock_out, name="lock_out"),
    path("people/<int:person_id>/password/", person_actions.set_password, name="set_password"),
    path("people/<int:person_id>/end-tokens/", person_actions.end_tokens, name="end_tokens"),
    path("people/<int:person_id>/memberships/", person_actions.add_membership, name="add_membership"),
    path(
        "people/<int:person_id>/memberships/<str:code>/end/", person_actions.end_membership_page, name="end_membership"
    ),
    path("people/<int:person_id>/privileges/", person_actions.grant_privilege_page, name="grant_privilege"),
    path(
        "people/<int:person_id>/privileges/<int:privilege_id>/withdraw/",
        person_actions.withdraw_privilege_page,
        name="withdraw_privilege",
    ),
    path("people/<int:person_id>/shifts/", person_actions.add_shifts, name="add_shifts"),
    path("people/<int:person_id>/shifts/<int:shift_id>/remove/", person_actions.remove_shift_page, name="remove_shift"),
    path("people/<int:person_id>/identifiers/", person_actions.set_identifier, name="set_identifier"),
    path("rejected-associations/", oversight.rejected_associations, name="rejected_associations"),
    path("quarantine/", oversight.quarantine, name="quarantine"),
    path("quarantine/<int:quarantined_instance_id>/retry/", oversight.retry_quarantined, name="retry_quarantined"),
    path("quarantine/<int:quarantined_instance_id>/reject/", oversight.reject_quarantined, name="reject_quarantined"),
    path("forwarding/", oversight.forwarding, name="forwarding"),
    path("forwarding/<int:forwarding_job_id>/retry/", oversight.retry_forwarding_job, name="retry_forwarding_job"),
    path("retention-rules/", retention.rules, name="retention_rules"),
    path("retention-rules/add/", retention.add_rule, name="add_retention_rule"),
    path("retention-rules/<int:rule_id>/", retention.rule, name="retention_rule"),
    path("retention-rules/<int:rule_id>/remove/", retention.remove_rule, name="remove_retention_rule"),
    path("legal-holds/", retention.holds, name="legal_holds"),
    path("legal-holds/add/", retention.add_hold, name="add_legal_hold"),
    path("legal-holds/<int:hold_id>/release/", retention.release_hold, name="release_legal_hold"),
    path("image-deletions/", retention.deletions, name="image_deletions"),
    path("image-deletions/<int:deletion_id>/hold/", retention.hold_announced, name="hold_announced"),
    path("damaged-files/", oversight.damaged_files, name="damaged_files"),
    path("research/", research.research, name="research"),
    path("research/projects/add/", research.add_project, name="add_project"),
    path("research/ask/", research.ask_for_copies, name="ask_for_copies"),
    path("research/<int:deidentified_export_id>/retry/", research.retry_copies, name="retry_copies"),
    path("research/<int:deidentified_export_id>/download/", research.download_copies, name="download_copies"),
    path("audit/", oversight.audit, name="audit"),
]

urlpatterns = [
    path("", session.home, name="home"),
    path("sign-in/", session.sign_in, name="sign_in"),
    path("sign-out/", session.sign_out, name="sign_out"),
    path("administration/", include((_ADMINISTRATION, "administration"))),
    path("", include("hospitals.urls_rota")),
]
