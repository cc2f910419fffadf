from django.apps import AppConfig


class HospitalsConfig(AppConfig):
    name = "hospitals"

    def ready(self) -> None:
        from hospitals import checks  # noqa: F401  registers the check
