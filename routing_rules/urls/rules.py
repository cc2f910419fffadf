"""Rule sets: versions, drafts, the editor, publication; reader groups; the engine's settings."""

from django.urls import path

from routing_rules.views import engine_settings, reader_groups, rule_editor, rule_sets

urlpatterns = [
    path("coordination/rules/", rule_sets.rule_sets, name="rule_sets"),
    path("coordination/rules/versions/<int:version>/", rule_sets.version, name="rule_set_version"),
    path("coordination/rules/versions/<int:version>/roll-back/", rule_sets.roll_back_to, name="roll_back"),
    path("coordination/rules/drafts/start/", rule_sets.start, name="start_draft"),
    path("coordination/rules/drafts/<int:draft_id>/", rule_editor.editor, name="rule_draft"),
    path("coordination/rules/drafts/<int:draft_id>/save/", rule_editor.save, name="save_draft"),
    path("coordination/rules/drafts/<int:draft_id>/changes/", rule_editor.changes, name="draft_changes"),
    path("coordination/rules/drafts/<int:draft_id>/publish/", rule_editor.publish, name="publish_draft"),
    path("coordination/rules/drafts/<int:draft_id>/discard/", rule_sets.discard, name="discard_draft"),
    path("coordination/rules/preview/", rule_editor.preview, name="preview_rules"),
    path("coordination/rules/matches/", rule_editor.matches, name="rule_matches"),
    path("coordination/rules/groups/", reader_groups.groups, name="reader_groups"),
    path("coordination/rules/groups/add/", reader_groups.add, name="add_reader_group"),
    path("coordination/rules/groups/<int:group_id>/", reader_groups.group, name="reader_group"),
    path("coordination/rules/groups/<int:group_id>/remove/", reader_groups.remove, name="remove_reader_group"),
    path("coordination/rules/engine/", engine_settings.engine, name="engine_settings"),
]
