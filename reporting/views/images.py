"""Parts of the reading page that tell of its images."""

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from pacs_core.access.permissions import roles_required
from pacs_core.archive.selectors.measurements import stored_measurements
from reporting.services.viewing import look_ahead
from worklist.selectors.items import item_for_user


@require_GET
@never_cache
@roles_required("radiologist")
def measurements(request: HttpRequest, worklist_item_id: int) -> HttpResponse:
    """List what was measured in the examination's images and stored with them."""
    item = item_for_user(worklist_item_id=worklist_item_id, user=request.user)
    context = {"measurements": stored_measurements(item.study), "hospital": item.hospital}
    return render(request, "reporting/measurements.html", context)


@require_POST
@never_cache
@roles_required("radiologist")
def ahead(request: HttpRequest) -> HttpResponse:
    """Answer the addresses to fetch before the next case is opened; nothing is claimed."""
    return JsonResponse({"addresses": look_ahead(user=request.user)})
