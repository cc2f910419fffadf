"""Read Meridian's configuration from environment variables; each error names the variable."""

import os
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from botocore.config import Config
from django.core.exceptions import ImproperlyConfigured

PROJECT_ROOT = Path(__file__).resolve().parent.parent.parent
MODES = ("demonstration", "production", "test")


def text(name: str, default: str = "") -> str:
    """Return the variable, else what a running `make run` wrote for commands in another terminal, else `default`."""
    return os.environ.get(name, "").strip() or _of_running_installation().get(name, default)


@cache
def _of_running_installation() -> dict[str, str]:
    path = Path(os.environ.get("MERIDIAN_HOME", "").strip() or PROJECT_ROOT / "var") / "environment"
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except OSError:
        return {}
    return dict(line.split("=", 1) for line in lines if "=" in line)


def port(name: str, default: int) -> int:
    value = text(name, str(default))
    if not value.isdecimal() or not 0 < int(value) < 65536:
        raise ImproperlyConfigured(f"{name} is {value!r}, not a port number between 1 and 65535.")
    return int(value)


def mode() -> str:
    value = text("MERIDIAN_MODE", "demonstration")
    if value not in MODES:
        raise ImproperlyConfigured(f"MERIDIAN_MODE is {value!r}. Maybe one of {', '.join(MODES)}.")
    return value


def password_hashers(mode: str) -> list[str]:
    """Return Argon2; the tests, which make hundreds of accounts, hash cheaply."""
    hasher = "MD5PasswordHasher" if mode == "test" else "Argon2PasswordHasher"
    return [f"django.contrib.auth.hashers.{hasher}"]


def home() -> Path:
    return Path(os.environ.get("MERIDIAN_HOME", "").strip() or PROJECT_ROOT / "var").expanduser().absolute()


def redis_url() -> str:
    """Celery knows no valkey:// transport (celery/kombu#2245), so the scheme is mapped to redis://."""
    url = text("REDIS_URL", "redis://127.0.0.1:6379/0")
    if url.startswith(("valkey://", "valkeys://")):
        url = "redis" + url.removeprefix("valkey")
    if not url.startswith(("redis://", "rediss://", "unix://", "redis+socket://")):
        raise ImproperlyConfigured("REDIS_URL must start with redis://, rediss://, valkey:// or unix://.")
    return url


def database(url: str, *, pooled: bool) -> dict[str, Any]:
    """Turn postgresql://user:password@host:port/name?host=/socket/dir into a Django database entry."""
    parts = urlsplit(url)
    if parts.scheme not in ("postgresql", "postgres"):
        raise ImproperlyConfigured("DATABASE_URL must start with postgresql://.")
    query = {key: values[-1] for key, values in parse_qs(parts.query).items()}
    options: dict[str, Any] = {"connect_timeout": 5, "application_name": text("MERIDIAN_PROCESS", "meridian")}
    if pooled:
        # A crowd that reaches for one item waits its turn and gets a clear answer; a short timeout makes it errors.
        # Attempts to connect come ever more seldom; after a few seconds the next request makes one at once again.
        options["pool"] = {
            "min_size": 1,
            "max_size": int(text("MERIDIAN_DATABASE_POOL_SIZE", "8")),
            "timeout": 30,
            "reconnect_timeout": 5,
        }
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(parts.path.lstrip("/")),
        "USER": unquote(parts.username or query.get("user", "")),
        "PASSWORD": unquote(parts.password or query.get("password", "")),
        "HOST": query.get("host") or unquote(parts.hostname or ""),
        "PORT": str(parts.port or query.get("port", "")),
        "CONN_MAX_AGE": 0,
        "OPTIONS": options,
    }


def mail_server(url: str) -> tuple[str, int, str, str, bool, bool]:
    """Turn smtp://user:password@host:587?tls=1 (STARTTLS) or smtps://... into host, port, user, password, TLS, SSL."""
    parts = urlsplit(url or "smtp://localhost:25")
    if parts.scheme not in ("smtp", "smtps"):
        raise ImproperlyConfigured("EMAIL_URL must start with smtp:// or smtps://.")
    is_ssl = parts.scheme == "smtps"
    starts_tls = not is_ssl and parse_qs(parts.query).get("tls", ["0"])[-1] == "1"
    port = parts.port or (465 if is_ssl else 587 if starts_tls else 25)
    return (
        parts.hostname or "localhost",
        port,
        unquote(parts.username or ""),
        unquote(parts.password or ""),
        starts_tls,
        is_ssl,
    )


def bucket(url: str) -> tuple[dict[str, Any], str]:
    """Turn s3://bucket/prefix?endpoint_url=https://host&region=eu-1&archive_class=GLACIER into Django's storages entry.

    Return it, {} without a URL, with the storage class for what is seldom read. Keys come from AWS_ACCESS_KEY_ID and
    AWS_SECRET_ACCESS_KEY, or from the role of the machine.
    """
    if not url:
        return {}, ""
    parts = urlsplit(url)
    query = {key: values[-1] for key, values in parse_qs(parts.query).items()}
    unknown = set(query) - {"endpoint_url", "region", "archive_class"}
    if parts.scheme != "s3" or not parts.hostname or unknown:
        raise ImproperlyConfigured(
            "STORAGE_URL must look like s3://bucket/prefix?endpoint_url=https://host&region=name&archive_class=GLACIER."
        )
    options = {
        "bucket_name": parts.hostname,
        "location": parts.path.strip("/"),
        "endpoint_url": query.get("endpoint_url"),
        "region_name": query.get("region"),
        "client_config": Config(
            connect_timeout=3,
            read_timeout=20,
            retries={"max_attempts": 2, "mode": "standard"},
            max_pool_connections=50,
            s3={"addressing_style": "path" if query.get("endpoint_url") else "auto"},
        ),
    }
    return {"bucket": {"BACKEND": "storages.backends.s3.S3Storage", "OPTIONS": options}}, query.get("archive_class", "")
