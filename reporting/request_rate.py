"""How often one address may ask; counted in Valkey, so that every web process counts together."""

import logging
from functools import cache
from time import time

import redis
from django.conf import settings

logger = logging.getLogger(__name__)

_AWAY_SECONDS = 0.5


def is_too_often(*, purpose: str, address: str, allowed: int, within_seconds: int = 60) -> bool:
    """Count one request of `address`; True when more than `allowed` came in the current window.

    With Valkey away nobody is refused: a check of a report must not depend on it.
    """
    window = int(time()) // within_seconds
    key = f"meridian-rate:{purpose}:{address}:{window}"
    try:
        with _valkey().pipeline() as pipeline:
            count, _ = pipeline.incr(key).expire(key, within_seconds).execute()
    except redis.RedisError as error:
        logger.warning("Requests are not counted: Valkey is away (%s)", type(error).__name__)
        return False
    return count > allowed


@cache
def _valkey() -> redis.Redis:
    return redis.Redis.from_url(settings.REDIS_URL, socket_timeout=_AWAY_SECONDS, socket_connect_timeout=_AWAY_SECONDS)
