"""Addresses under /dicom-web/: the same services for the principal's hospitals and for one viewing grant."""

from django.urls import URLPattern, include, path, re_path

from pacs_core.network.dicomweb import (
    bulk_views,
    capabilities,
    pixel_views,
    rendered_views,
    retrieve_views,
    search_views,
    store_views,
    workitem_views,
)
from pacs_core.network.dicomweb.dispatch import by_method

app_name = "dicomweb"

_STUDY = r"studies/(?P<study>[0-9.]{1,64})"
_SERIES = _STUDY + r"/series/(?P<series>[0-9.]{1,64})"
_INSTANCE = _SERIES + r"/instances/(?P<instance>[0-9.]{1,64})"
_FRAMES = _INSTANCE + r"/frames/(?P<frames>[0-9,]{1,2000})"


def _services() -> list[URLPattern]:
    """The resources of PS3.18 table 10.3-1 that are offered, relative to a root."""
    retrieve = retrieve_views.retrieve_instances
    metadata = retrieve_views.retrieve_metadata
    return [
        re_path(r"^$", capabilities.capabilities),
        re_path(r"^studies$", by_method(GET=search_views.search_studies, POST=store_views.store_instances)),
        re_path(r"^series$", search_views.search_series),
        re_path(r"^instances$", search_views.search_instances),
        re_path(rf"^{_STUDY}$", by_method(GET=retrieve, POST=store_views.store_instances)),
        re_path(rf"^{_STUDY}/metadata$", metadata),
        re_path(rf"^{_STUDY}/series$", search_views.search_series),
        re_path(rf"^{_STUDY}/instances$", search_views.search_instances),
        re_path(rf"^{_STUDY}/rendered$", rendered_views.rendered_images),
        re_path(rf"^{_STUDY}/thumbnail$", rendered_views.thumbnail),
        re_path(rf"^{_SERIES}$", retrieve),
        re_path(rf"^{_SERIES}/metadata$", metadata),
        re_path(rf"^{_SERIES}/instances$", search_views.search_instances),
        re_path(rf"^{_SERIES}/rendered$", rendered_views.rendered_images),
        re_path(rf"^{_SERIES}/thumbnail$", rendered_views.thumbnail),
        re_path(rf"^{_INSTANCE}$", retrieve),
        re_path(rf"^{_INSTANCE}/metadata$", metadata),
        re_path(rf"^{_INSTANCE}/rendered$", rendered_views.rendered),
        re_path(rf"^{_INSTANCE}/thumbnail$", rendered_views.thumbnail),
        re_path(rf"^{_INSTANCE}/bulkdata/(?P<element>[0-9A-F/]{{8,400}})$", bulk_views.retrieve_bulk_data),
        re_path(rf"^{_FRAMES}$", pixel_views.retrieve_frames),
        re_path(rf"^{_FRAMES}/rendered$", rendered_views.rendered),
        re_path(rf"^{_FRAMES}/thumbnail$", rendered_views.thumbnail),
    ]


def _workitems() -> list[URLPattern]:
    """The resources of PS3.18 table 11.1.1-1; a viewing grant has none."""
    workitem = r"workitems/(?P<workitem_uid>[0-9.]{1,64})"
    subscriber = rf"{workitem}/subscribers/(?P<ae_title>[^/]{{1,16}})"
    views = workitem_views
    return [
        re_path(r"^workitems$", by_method(GET=views.search_workitems, POST=views.create_workitem)),
        re_path(rf"^{workitem}$", by_method(GET=views.retrieve_workitem, POST=views.update_workitem)),
        re_path(rf"^{workitem}/state$", by_method(PUT=views.change_state)),
        re_path(rf"^{workitem}/cancelrequest$", by_method(POST=views.request_cancellation)),
        re_path(rf"^{subscriber}$", by_method(POST=views.subscribe, DELETE=views.unsubscribe)),
        re_path(rf"^{subscriber}/suspend$", by_method(POST=views.suspend)),
    ]


urlpatterns = [
    path("reading/<str:key>/", include(_services())),
    *_services(),
    *_workitems(),
]
