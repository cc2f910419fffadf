from django.apps import AppConfig


class AuditConfig(AppConfig):
    name = "pacs_core.audit"
    label = "audit"
