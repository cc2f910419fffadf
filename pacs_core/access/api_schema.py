"""How the API's description names the two ways of signing in; imported by urls, which registers it."""

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.openapi import AutoSchema


class RequestUserScheme(OpenApiAuthenticationExtension):
    """The browser's session cookie, or `Authorization: Token ...` for machines."""

    target_class = "pacs_core.access.authentication.RequestUserAuthentication"
    name = ("session", "token")  # type: ignore[assignment]

    def get_security_definition(self, auto_schema: AutoSchema) -> list[dict[str, str]]:  # type: ignore[override]
        return [
            {"type": "apiKey", "in": "cookie", "name": "meridian_session"},
            {
                "type": "apiKey",
                "in": "header",
                "name": "Authorization",
                "description": "`Token` and the text that `manage.py create_token` prints.",
            },
        ]
