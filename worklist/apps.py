from django.apps import AppConfig


class WorklistConfig(AppConfig):
    name = "worklist"

    def ready(self) -> None:
        from django.contrib.auth.signals import user_logged_out

        from worklist.live.signing_out import close_sockets

        user_logged_out.connect(close_sockets, dispatch_uid="meridian-live-sign-out")
