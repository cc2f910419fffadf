"""The web process: HTTP by Django, WebSockets by Channels."""

import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "pacs_core.settings")
os.environ.setdefault("MERIDIAN_DATABASE_POOL", "1")

from pacs_core.web.asgi_handler import make_asgi_handler

django_application = make_asgi_handler()

from channels.auth import AuthMiddlewareStack
from channels.routing import ProtocolTypeRouter, URLRouter
from channels.security.websocket import AllowedHostsOriginValidator
from django.conf import settings
from django.core.management import call_command

from pacs_core.access.websocket_principal import TokenOrSession
from pacs_core.flow import websocket_urlpatterns
from pacs_core.network.dicomweb.body_limit import BodyLimit

if settings.PRODUCTION:
    # A role above row-level security or a demonstration account stops the start here: access.E001, hospitals.E001.
    call_command("check", databases=["default"])

sockets = URLRouter(websocket_urlpatterns())
application = ProtocolTypeRouter(
    {
        "http": BodyLimit(django_application, maximum_bytes=settings.STOW_MAXIMUM_BYTES),
        "websocket": TokenOrSession(
            by_token=sockets, by_session=AllowedHostsOriginValidator(AuthMiddlewareStack(sockets))
        ),
    }
)
