from django.apps import AppConfig


class NetworkConfig(AppConfig):
    name = "pacs_core.network"
    label = "network"
