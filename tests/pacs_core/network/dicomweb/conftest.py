"""Two hospitals, their people and a client for each."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from asgiref.sync import async_to_sync
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
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]  # nobody types one here
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


def fetch(user: User | None, path: str, **headers: str) -> tuple[Any, bytes]:
    """Ask under /dicom-web/ as the user and return the answer with its whole body."""
    client = client_of(user)

    async def ask() -> tuple[Any, bytes]:
        response = await client.get(f"/dicom-web/{path}", headers=headers or None)
        return response, await body_of(response)

    return async_to_sync(ask)()
