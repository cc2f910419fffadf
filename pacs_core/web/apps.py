from django.apps import AppConfig


class WebConfig(AppConfig):
    name = "pacs_core.web"
    label = "web"
