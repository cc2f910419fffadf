from django.apps import AppConfig


class ArchiveConfig(AppConfig):
    name = "pacs_core.archive"
    label = "archive"
