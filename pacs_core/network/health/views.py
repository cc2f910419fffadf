"""/healthz: this process answers. /readyz: what it needs does too."""

from django.http import HttpRequest, JsonResponse

from pacs_core.network.health.checks import run_checks


def healthz(request: HttpRequest) -> JsonResponse:
    return JsonResponse({"status": "ok"})


def readyz(request: HttpRequest) -> JsonResponse:
    """Answer 200 when every check passes, else 503; each check by name with its reason."""
    checks = run_checks()
    ready = all(result["ok"] for result in checks.values())
    return JsonResponse({"status": "ok" if ready else "failing", "checks": checks}, status=200 if ready else 503)
