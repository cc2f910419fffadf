"""The coordinator who asks, and her client of the API; `north` is each folder's own."""

import pytest
from rest_framework.test import APIClient

from hospitals.models import Hospital, User
from tests.story import make_user


@pytest.fixture
def olga(north: Hospital) -> User:
    return make_user("coordinator", north)


@pytest.fixture
def api(olga: User) -> APIClient:
    client = APIClient()
    client.force_login(olga)
    return client
