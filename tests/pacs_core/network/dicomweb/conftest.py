"""Two hospitals, their people and a client for each."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from django.test import AsyncClient

from hospitals.models import Hospital, User
from tests.story import make_hospital, make_radiologist, make_user


@dataclass
class Story:
    north: Hospital
    south: Hospital
    radiologist: User
    administrator: User
    referrer: User
    foreign_radiologist: User


@pytest.fixture
def story(db: None, tmp_path: Path, settings: Any) -> Story:
    settings.ROOT_URLCONF = "tests.pacs_core.network.dicomweb.urlconf"
    settings.STATIC_ROOT = tmp_path
    north, south = make_hospital("NORTH"), make_hospital("SOUTH", time_zone="America/New_York")
    return Story(
        north=north,
        south=south,
        radiologist=make_radiologist(north),
        administrator=make_user("hospital_administrator", north),
        referrer=make_user("referring_physician", north),
        foreign_radiologist=make_radiologist(south),
    )


def client_of(user: User | None) -> AsyncClient:
    client = AsyncClient()
    if user is not None:
        client.force_login(user)
    return client


async def body_of(response: Any) -> bytes:
    """The whole body, streamed or not."""
    if response.streaming:
        return b"".join([chunk async for chunk in response.streaming_content])
    return response.content
