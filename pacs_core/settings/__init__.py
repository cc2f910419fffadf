"""Django settings; what differs between installations comes from environment variables, see README."""

from typing import Any

from pacs_core.settings import environment, secrets

PROJECT_ROOT = environment.PROJECT_ROOT
MERIDIAN_MODE = environment.mode()
MERIDIAN_HOME = environment.home()
STORAGE_ROOT = MERIDIAN_HOME / "storage"
INCOMING_ROOT = MERIDIAN_HOME / "incoming"
LOG_ROOT = MERIDIAN_HOME / "logs"
BUILD_ROOT = PROJECT_ROOT / "build"
HTTP_PORT = environment.port("HTTP_PORT", 8000)
DIMSE_PORT = environment.port("DIMSE_PORT", 11112)
HL7_PORT = environment.port("HL7_PORT", 2575)
DIMSE_AE_TITLE = environment.text("DIMSE_AE_TITLE", "MERIDIAN")
DIMSE_WORKERS = int(environment.text("DIMSE_WORKERS", "2"))
# DICOM over TLS has a port of its own (PS3.15 B.12), 2762 as a rule; without one it is not offered.
DIMSE_TLS_PORT = environment.port("DIMSE_TLS_PORT", 2762) if environment.text("DIMSE_TLS_PORT") else None
# PEM files: our certificate with its chain, its key, and the authorities whose certificates peers may show.
DIMSE_TLS_CERTIFICATE = environment.text("DIMSE_TLS_CERTIFICATE")
DIMSE_TLS_KEY = environment.text("DIMSE_TLS_KEY")
DIMSE_TLS_AUTHORITIES = environment.text("DIMSE_TLS_AUTHORITIES")
# The largest STOW-RS request and HL7 message taken; a larger one is refused with 413 or AR.
STOW_MAXIMUM_BYTES = int(environment.text("STOW_MAXIMUM_BYTES", str(4 * 1024**3)))
# Each holds a lock until the request's transaction ends, and all of PostgreSQL's have one table.
STOW_MAXIMUM_INSTANCES = int(environment.text("STOW_MAXIMUM_INSTANCES", "5000"))
HL7_MAXIMUM_BYTES = int(environment.text("HL7_MAXIMUM_BYTES", str(1024**2)))
# Receiving stops while less than this is free, so that what was accepted can still be indexed.
STORAGE_RESERVE_BYTES = int(environment.text("STORAGE_RESERVE_BYTES", str(512 * 1024**2)))
# With a bucket STORAGE_ROOT is its cache, in which the least lately read files make room for others.
_BUCKET, STORAGE_ARCHIVE_CLASS = environment.bucket(environment.text("STORAGE_URL"))
STORAGE_CACHE_FREE_BYTES = int(environment.text("STORAGE_CACHE_FREE_BYTES", str(4 * STORAGE_RESERVE_BYTES)))

PRODUCTION = MERIDIAN_MODE == "production"
DEBUG = False
SECRET_KEY = secrets.secret("SECRET_KEY", home=MERIDIAN_HOME, production=PRODUCTION)
# Encrypts signing keys at rest; lives outside the database, never beside the keys it protects.
SIGNING_KEY_SECRET = secrets.secret("SIGNING_KEY_SECRET", home=MERIDIAN_HOME, production=PRODUCTION)
ALLOWED_HOSTS = environment.text("ALLOWED_HOSTS", "*" if not PRODUCTION else "").split(",")
CSRF_TRUSTED_ORIGINS = [origin for origin in environment.text("CSRF_TRUSTED_ORIGINS").split(",") if origin]
PUBLIC_URL = environment.text("PUBLIC_URL", f"http://127.0.0.1:{HTTP_PORT}")
TIMESTAMP_AUTHORITY_URL = environment.text("TIMESTAMP_AUTHORITY_URL")
# Where alerts and calls also go out by mail: smtp://user:password@host:587?tls=1; without it nothing does.
NOTICE_MAIL = bool(environment.text("EMAIL_URL"))
(EMAIL_HOST, EMAIL_PORT, EMAIL_HOST_USER, EMAIL_HOST_PASSWORD, EMAIL_USE_TLS, EMAIL_USE_SSL) = environment.mail_server(
    environment.text("EMAIL_URL")
)
EMAIL_TIMEOUT = 10
DEFAULT_FROM_EMAIL = environment.text("EMAIL_FROM", "meridian@localhost")
# A PEM file of roots that signing certificates and timestamps may lead to, beside the demonstration's own.
SIGNATURE_TRUST_ROOTS = environment.text("SIGNATURE_TRUST_ROOTS")

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "django_htmx",
    "template_partials.apps.SimpleAppConfig",
    "django_cotton.apps.SimpleAppConfig",
    "rest_framework",
    "knox",
    "drf_spectacular",
    "channels",
    "pacs_core.access",
    "pacs_core.events",
    "pacs_core.audit",
    "pacs_core.archive",
    "pacs_core.network",
    "pacs_core.web",
    "hospitals",
    "worklist",
    "routing_rules",
    "reporting",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "pacs_core.web.static_files.StaticFilesMiddleware",
    "pacs_core.web.middleware.ContentSecurityPolicyMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "pacs_core.access.middleware.ScopeMiddleware",
]

ROOT_URLCONF = "pacs_core.urls"
ASGI_APPLICATION = "pacs_core.asgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [],
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "pacs_core.web.context_processors.shell",
            ],
            # Cotton and template-partials both rewrite TEMPLATES; listed by hand so that neither fails in silence.
            "loaders": [
                (
                    "template_partials.loader.Loader",
                    [
                        (
                            "django.template.loaders.cached.Loader",
                            [
                                "django_cotton.cotton_loader.Loader",
                                "django.template.loaders.filesystem.Loader",
                                "django.template.loaders.app_directories.Loader",
                            ],
                        )
                    ],
                )
            ],
            "builtins": [
                "django.templatetags.i18n",
                "django.templatetags.static",
                "django_cotton.templatetags.cotton",
                "template_partials.templatetags.partials",
            ],
        },
    }
]

DATABASES = {
    "default": environment.database(
        environment.text("DATABASE_URL", "postgresql://meridian_app@127.0.0.1:5432/meridian"),
        pooled=environment.text("MERIDIAN_DATABASE_POOL") == "1",
    )
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
TENANT_MODEL = "hospitals.Hospital"
AUTH_USER_MODEL = "hospitals.User"
LOGIN_URL = "/sign-in/"
LOGIN_REDIRECT_URL = "/"
PASSWORD_HASHERS = environment.password_hashers(MERIDIAN_MODE)
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]

# Sessions and CSRF: the viewer and the live sockets use the same cookie.
SESSION_COOKIE_NAME = f"meridian_session_{HTTP_PORT}" if not PRODUCTION else "meridian_session"
CSRF_COOKIE_NAME = f"meridian_csrf_{HTTP_PORT}" if not PRODUCTION else "meridian_csrf"
SESSION_COOKIE_AGE = 12 * 3600
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = PRODUCTION
SECURE_CONTENT_TYPE_NOSNIFF = True
X_FRAME_OPTIONS = "SAMEORIGIN"
if PRODUCTION:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    SECURE_HSTS_SECONDS = 31_536_000
    SECURE_SSL_REDIRECT = environment.text("SECURE_SSL_REDIRECT", "1") == "1"

LANGUAGE_CODE = "en"
USE_I18N = True
USE_TZ = True
TIME_ZONE = "UTC"

STATIC_URL = "/static/"
STATIC_ROOT = BUILD_ROOT / "static"
STATICFILES_DIRS = [BUILD_ROOT / "assets"] if (BUILD_ROOT / "assets").is_dir() else []
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": {"location": STORAGE_ROOT}},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    **_BUCKET,
}
# The bundles are few and served from where they were built; collectstatic only serves a proxy.
SERVESTATIC_USE_FINDERS = True
SERVESTATIC_AUTOREFRESH = False
SERVESTATIC_ROOT = None
DATA_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024**2

REDIS_URL = environment.redis_url()
# channels_redis waits 5 s for a message; redis-py's own 5 s on the socket then ends every consumer that hears nothing.
CHANNEL_LAYERS = {
    "default": {
        "BACKEND": "channels_redis.core.RedisChannelLayer",
        "CONFIG": {
            "hosts": [{"address": REDIS_URL, "socket_timeout": 20}],
            "capacity": 1000,
            "expiry": 20,
            "prefix": "meridian-live",
        },
    }
}

CELERY_BROKER_URL = REDIS_URL if not REDIS_URL.startswith("unix://") else "redis+socket://" + REDIS_URL[7:]
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_CANCEL_LONG_RUNNING_TASKS_ON_CONNECTION_LOSS = True
CELERY_TASK_TIME_LIMIT = 600
CELERY_BROKER_TRANSPORT_OPTIONS = {"visibility_timeout": 1200, "socket_keepalive": True}
CELERY_BROKER_CONNECTION_TIMEOUT = 2
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_TIMEZONE = "UTC"
# Celery closes the connection around each task unless this is set; pacs_core/celery.py says when it is closed instead.
CELERY_DB_REUSE_MAX = 10**9

REST_FRAMEWORK: dict[str, Any] = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["pacs_core.access.authentication.RequestUserAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "DEFAULT_PAGINATION_CLASS": "rest_framework.pagination.LimitOffsetPagination",
    "PAGE_SIZE": 50,
    "EXCEPTION_HANDLER": "pacs_core.access.problems.problem_response",
    "UNAUTHENTICATED_USER": "django.contrib.auth.models.AnonymousUser",
}
REST_KNOX = {"TOKEN_TTL": None, "AUTH_HEADER_PREFIX": "Token"}
SPECTACULAR_SETTINGS = {
    "TITLE": "Meridian",
    "DESCRIPTION": "Worklist, orders, assignment, reports and administration of a teleradiology network.",
    "VERSION": "1",
    "COMPONENT_SPLIT_REQUEST": True,
    "SERVE_PERMISSIONS": ["rest_framework.permissions.IsAuthenticated"],
    "SERVE_INCLUDE_SCHEMA": False,
    "ENUM_NAME_OVERRIDES": {
        "ReportKind": "reporting.models.ReportKind",
        "AddendumKind": "reporting.serializers.ADDENDUM_KINDS",
        "ReportStatus": "reporting.models.Report.Status",
        "WorklistItemStatus": "worklist.models.WorklistItem.Status",
        "ReadingMode": "worklist.models.WorklistItem.ReadingMode",
        "PreliminaryKind": "reporting.models.PreliminaryVersion.Kind",
        "DiagnosticStatus": "reporting.selectors.reports.DIAGNOSTIC_STATUSES",
        "ForwardingStatus": "pacs_core.network.forwarding.models.ForwardingJob.Status",
        "OrderStatus": "worklist.models.Order.Status",
        "TrialKind": "routing_rules.models.Trial.Kind",
        "TrialStatus": "routing_rules.models.Trial.Status",
    },
}

LOGGING: dict[str, Any] = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": environment.text("LOG_LEVEL", "INFO")},
    "loggers": {"pynetdicom": {"level": "ERROR"}, "pydicom": {"level": "ERROR"}, "httpx": {"level": "WARNING"}},
}
