"""Lists need a fixed number of queries, however long they are."""

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from hospitals.models import Membership
from reporting.services.delivery import deliver_version
from tests.reporting.arrange import make_case
from tests.story import admit, in_hospital
from worklist.models import Order

pytestmark = pytest.mark.django_db


def queries_of(user, address):
    browser = Client()
    browser.force_login(user)
    browser.get(address)
    with CaptureQueriesContext(connection) as queries:
        response = browser.get(address)
    assert response.status_code == 200
    return len(queries)


def add_signed_case(code, reader, referrer):
    """A further hospital's signed report that the same two people may see."""
    case = make_case(code)
    for person in (reader, referrer):
        Membership.objects.create(user=person, hospital=case.hospital)
    admit(reader, case.hospital)
    version = case.signed()
    with in_hospital(case.hospital):
        Order.objects.update(referring_physician=referrer)
        version.report.worklist_item.order.refresh_from_db()
        deliver_version(version)


@pytest.mark.parametrize(("who", "address"), [("referrer", "/portal/"), ("radiologist", "/api/reports/")])
def test_a_longer_list_needs_no_more_queries(who, address):
    case = make_case()
    add_signed_case("SOUTH", case.radiologist, case.referrer)
    user = getattr(case, who)
    short = queries_of(user, address)
    add_signed_case("EAST", case.radiologist, case.referrer)
    add_signed_case("WEST", case.radiologist, case.referrer)
    assert queries_of(user, address) == short
