"""A real S3 server in a process of its own (moto), with one bucket; it can be stopped and started again."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import boto3
import httpx
from django.conf import settings

from pacs_core.settings import environment
from tests.protocol.dimse_server import free_port

KEYS = {"AWS_ACCESS_KEY_ID": "tests", "AWS_SECRET_ACCESS_KEY": "tests"}
START_SECONDS = 60


class S3Server:
    """`url` is what STORAGE_URL takes."""

    def __init__(self, port: int | None = None) -> None:
        self.port = port or free_port()
        self.endpoint = f"http://127.0.0.1:{self.port}"
        self.url = f"s3://meridian/archive?endpoint_url={self.endpoint}&region=us-east-1&archive_class=GLACIER"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-c", f"from moto.server import main; main(['-H', '127.0.0.1', '-p', '{self.port}'])"],
            env=os.environ | KEYS,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        until = time.monotonic() + START_SECONDS
        while time.monotonic() < until:
            with suppress(httpx.TransportError):
                httpx.get(f"{self.endpoint}/moto-api/", timeout=5)
                break
            time.sleep(0.05)
        self.client().create_bucket(Bucket="meridian")

    def stop(self) -> None:
        if self._process:
            self._process.kill()
            self._process.wait()
            self._process = None

    def client(self) -> object:
        return boto3.client(
            "s3",
            endpoint_url=self.endpoint,
            region_name="us-east-1",
            aws_access_key_id=KEYS["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=KEYS["AWS_SECRET_ACCESS_KEY"],
        )

    def stored(self) -> list[str]:
        answer = self.client().list_objects_v2(Bucket="meridian", Prefix="archive/")
        return [found["Key"].removeprefix("archive/") for found in answer.get("Contents", [])]

    def storages(self) -> dict[str, object]:
        """What settings.STORAGES has to be for this process to use the bucket."""
        return settings.STORAGES | environment.bucket(self.url)[0]


@contextmanager
def running_s3_server() -> Iterator[S3Server]:
    server = S3Server()
    try:
        server.start()
        yield server
    finally:
        server.stop()
