"""Two STOW-RS requests with the same instances in opposite orders: one is stored, the other asked to come again."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connections

from pacs_core.archive.models import ReceivedInstance
from pacs_core.archive.selectors.standing import hold_instance
from tests.pacs_core.network.dicomweb.test_store import NEW_STUDY, new_instance, store
from tests.story import make_hospital, make_user, see_all
from tests.worklist.test_meeting_at_once import somebody_waits_for_a_lock, wait_until


@pytest.mark.usefixtures("committed_db")
def test_of_two_requests_in_each_others_way_one_is_told_to_try_again(settings: Any) -> None:
    settings.ROOT_URLCONF = "tests.pacs_core.network.dicomweb.urlconf"
    administrator = make_user("hospital_administrator", make_hospital())
    contents = [new_instance(1), new_instance(2)]

    def send() -> Any:
        try:
            return store(administrator, contents)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(1) as pool:
        with see_all():  # the other request, which has taken the second instance and goes on to the first
            hold_instance(f"{NEW_STUDY}.1.2")
            sent = pool.submit(send)
            wait_until(somebody_waits_for_a_lock)
            hold_instance(f"{NEW_STUDY}.1.1")
        response = sent.result(60)
        assert (response.status_code, response["Retry-After"]) == (503, "1")
        assert response["Content-Type"] == "application/problem+json"
        with see_all():
            assert not ReceivedInstance.objects.exists()
        assert pool.submit(send).result(60).status_code == 200
