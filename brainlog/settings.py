"""Settings, read from the environment and from .env. Every variable is explained in .env.example."""

import logging
import os
from pathlib import Path
from urllib.parse import urlsplit

import environ
from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext_lazy as _

from brainlog.cache import caches_from_url
from brainlog.database import databases_from_environment
from brainlog.keys import DERIVED, key_from, keys_in

BASE_DIR = Path(__file__).resolve().parent.parent

env = environ.Env()
env.read_env(BASE_DIR / ".env")


def whole_number(name: str, default: int, least: int = 0) -> int:
    """Read one from the environment. Raises ImproperlyConfigured with a sentence that names it."""
    text = env.str(name, default=str(default))
    if not text.isdecimal() or int(text) < least:
        raise ImproperlyConfigured(f"{name} must be a whole number from {least} up.")
    return int(text)


# ── What must be given ────────────────────────────────────────────────────────────────────────

DEBUG = env.bool("DEBUG", default=False)

SECRET_KEY = env.str("SECRET_KEY", default="")
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["127.0.0.1", "localhost", "[::1]"] if DEBUG else [])
FIELD_ENCRYPTION_KEYS, FIELD_ENCRYPTION_READS_PLAINTEXT = keys_in(env.str("FIELD_ENCRYPTION_KEYS", default=""))
if DEBUG and SECRET_KEY:
    FIELD_ENCRYPTION_KEYS.setdefault(DERIVED, key_from(SECRET_KEY))  # The only one, until another is given.

_missing = []
if not SECRET_KEY:
    _missing.append("SECRET_KEY: a long random text, known to this server alone")
if not ALLOWED_HOSTS:
    _missing.append("ALLOWED_HOSTS: the host names this server answers to, comma-separated")
if not FIELD_ENCRYPTION_KEYS and not DEBUG:
    _missing.append("FIELD_ENCRYPTION_KEYS: what people write is encrypted with it; manage.py make_key prints one")
if _missing:
    raise ImproperlyConfigured(
        "Brain Log cannot start. Missing in the environment or in .env:\n  " + "\n  ".join(_missing)
    )

# ── Applications ──────────────────────────────────────────────────────────────────────────────

INSTALLED_APPS = [
    # Before accounts, which takes their tables out of the admin.
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "accounts",
    "logs",
    "reflections",
    "personal_data",
    "operations",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.messages",
    # Before staticfiles: runserver then serves static files the way production does.
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django.forms",
    "csp",
]

MIDDLEWARE = [
    # Outermost: they guard every answer, static files and those to monitors included.
    "csp.middleware.CSPMiddleware",
    "brainlog.middleware.EdgesMiddleware",
    "operations.probes.ProbesMiddleware",
    "operations.observing.ObservingMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.middleware.gzip.GZipMiddleware",
    "brainlog.middleware.Utf8Middleware",
    "brainlog.middleware.PatienceMiddleware",
    "brainlog.middleware.FormerCookiesMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "accounts.middleware.AuthenticationMiddleware",
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
    "accounts.middleware.PersonMiddleware",
    "accounts.middleware.SignInMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "brainlog.middleware.MethodNotAllowedMiddleware",
    "brainlog.middleware.NotFoundMiddleware",
]

ROOT_URLCONF = "brainlog.urls"
WSGI_APPLICATION = "brainlog.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
            "builtins": ["brainlog.scripts"],
        },
    },
]
FORM_RENDERER = "brainlog.forms.FormRenderer"

# ── Database ──────────────────────────────────────────────────────────────────────────────────

DATABASES = databases_from_environment(os.environ, BASE_DIR)
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
# Seconds until a request gives up on a PostgreSQL that is connected and silent. More than any statement_timeout.
DATABASE_PATIENCE = whole_number("DATABASE_PATIENCE", default=40, least=1)

# Pages that only show read from the replica, if there is one; after a save, from the primary for so long.
DATABASE_ROUTERS = ["brainlog.routers.ReplicaRouter"]
REPLICA_PIN_SECONDS = whole_number("REPLICA_PIN_SECONDS", default=10)

# ── Cache ─────────────────────────────────────────────────────────────────────────────────────

# Computed numbers, never a text. Without a URL each process keeps its own.
CACHES = caches_from_url(env.str("CACHE_URL", default="")) | {
    # Counts tries to sign in, for all processes together. In the database: a cache that may be emptied, or
    # be down, would let go of the limits, or of the way in.
    "throttle": {
        "BACKEND": "django.core.cache.backends.db.DatabaseCache",
        "LOCATION": "accounts_throttle",
        # Were it to run full, counts would be forgotten.
        "OPTIONS": {"MAX_ENTRIES": 50_000},
    },
}

# ── Backups ───────────────────────────────────────────────────────────────────────────────────

# What `manage.py backup`, `verify_backup` and `restore` take when they are not told otherwise.
BACKUP_TO = env.str("BACKUP_TO", default="")
BACKUP_ENCRYPT_TO = env.str("BACKUP_ENCRYPT_TO", default="")

# ── Mail ──────────────────────────────────────────────────────────────────────────────────────

EMAIL_URL = env.str("EMAIL_URL", default="consolemail://" if DEBUG else "")
# Without a mail server, the pages say so and offer other ways.
HAS_EMAIL = bool(EMAIL_URL)
globals().update(env.email_url_config(EMAIL_URL or "dummymail://"))
EMAIL_TIMEOUT = 10
# Who gets a mail of each error.
ADMINS = [(address, address) for address in env.list("ADMINS", default=[])]
DEFAULT_FROM_EMAIL = SERVER_EMAIL = env.str("EMAIL_FROM", default="Brain Log <brainlog@localhost>")

# ── People ────────────────────────────────────────────────────────────────────────────────────

AUTH_USER_MODEL = "accounts.User"
REGISTRATION = env.str("REGISTRATION", default="open")
if REGISTRATION not in {"open", "invite", "closed"}:
    raise ImproperlyConfigured("REGISTRATION must be open, invite or closed.")
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]
# The only one: every further one would hash each wrong password once more.
AUTHENTICATION_BACKENDS = ["django.contrib.auth.backends.ModelBackend"]
LOGIN_URL = "accounts:login"
LOGIN_REDIRECT_URL = "today"
LOGOUT_REDIRECT_URL = "today"
PASSWORD_RESET_TIMEOUT = 24 * 60 * 60
SESSION_ENGINE = "accounts.sessions"
# A daily log on one's own phone: three months without a visit, so that a bad time does not end in a
# login page; and a year in any case.
SESSION_IDLE_AGE = 90 * 24 * 60 * 60
SESSION_COOKIE_AGE = 365 * 24 * 60 * 60
ACCOUNT_ADAPTER = "accounts.adapter.AccountAdapter"
ACCOUNT_LOGIN_METHODS = {"username"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "email", "password1*", "password2*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_SESSION_REMEMBER = True
# Before the e-mail address changes, as before the second factor does. Lasts five minutes.
ACCOUNT_REAUTHENTICATION_REQUIRED = True
# Ours are in accounts/throttle.py. Its own do not say when to come back, and let strangers lock people out.
ACCOUNT_RATE_LIMITS = MFA_RATE_LIMITS = False
MFA_ADAPTER = "accounts.adapter.MFAAdapter"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
# An e-mail address is optional, and a second factor is for everybody.
MFA_ALLOW_UNVERIFIED_EMAIL = True
MFA_RECOVERY_CODES_SHOW_ONCE = True
MFA_TOTP_ISSUER = "Brain Log"
# Clocks of phones are wrong by some seconds: the code before and the code after are good too.
MFA_TOTP_TOLERANCE = 1
MFA_FORMS = {
    "authenticate": "accounts.second_factor.CodeForm",
    "reauthenticate": "accounts.second_factor.CodeAgainForm",
    "activate_totp": "accounts.second_factor.FirstCodeForm",
    "add_webauthn": "accounts.second_factor.AddPasskeyForm",
    "authenticate_webauthn": "accounts.second_factor.PasskeyForm",
    "reauthenticate_webauthn": "accounts.second_factor.PasskeyAgainForm",
    "login_webauthn": "accounts.second_factor.PasskeyLoginForm",
}

# ── Accounts elsewhere ────────────────────────────────────────────────────────────────────────

# The origins are those that the button's form leads to.
PROVIDERS = {
    "google": "https://accounts.google.com",
    "github": "https://github.com",
    "gitlab": "https://gitlab.com",
    "microsoft": "https://login.microsoftonline.com",
}
PROVIDERS = {name: origin for name, origin in PROVIDERS.items() if env.str(f"{name.upper()}_CLIENT_ID", default="")}
SOCIALACCOUNT_PROVIDERS = {
    name: {
        "APPS": [
            {"client_id": env.str(f"{name.upper()}_CLIENT_ID"), "secret": env.str(f"{name.upper()}_CLIENT_SECRET")}
        ],
        "OAUTH_PKCE_ENABLED": True,
    }
    for name in PROVIDERS
}
if OIDC_SERVER_URL := env.str("OIDC_SERVER_URL", default=""):
    PROVIDERS["openid_connect"] = "{0.scheme}://{0.netloc}".format(urlsplit(OIDC_SERVER_URL))
    SOCIALACCOUNT_PROVIDERS["openid_connect"] = {
        "APPS": [
            {
                "provider_id": "oidc",
                "name": env.str("OIDC_NAME", default="OpenID Connect"),
                "client_id": env.str("OIDC_CLIENT_ID"),
                "secret": env.str("OIDC_CLIENT_SECRET"),
                "settings": {"server_url": OIDC_SERVER_URL},
            }
        ],
        "OAUTH_PKCE_ENABLED": True,
        "SCOPE": ["openid", "profile"],
    }
if PROVIDERS:
    INSTALLED_APPS[2:2] = ["allauth.socialaccount", *(f"allauth.socialaccount.providers.{name}" for name in PROVIDERS)]
SOCIALACCOUNT_ADAPTER = "accounts.external.ExternalAdapter"
SOCIALACCOUNT_FORMS = {"signup": "accounts.external.ExternalSignUpForm"}
SOCIALACCOUNT_AUTO_SIGNUP = False
LOGIN_ONLY_BY_PROVIDER = env.bool("LOGIN_ONLY_BY_PROVIDER", default=False)
if LOGIN_ONLY_BY_PROVIDER and not PROVIDERS:
    raise ImproperlyConfigured("LOGIN_ONLY_BY_PROVIDER needs a provider: set OIDC_SERVER_URL, for example.")

# ── Language, numbers and time ────────────────────────────────────────────────────────────────

LANGUAGE_CODE = "en"
# The variants differ in how they write dates and numbers. A language is added with its catalogue.
LANGUAGES = [
    ("en", _("English")),
    ("en-au", _("Australian English")),
    ("en-ca", _("Canadian English")),
    ("en-gb", _("British English")),
    ("en-ie", _("Irish English")),
]
USE_I18N = True
USE_TZ = True
# Until we know who is asking; PersonMiddleware then sets the person's own.
TIME_ZONE = "UTC"

# ── Static files ──────────────────────────────────────────────────────────────────────────────

STATIC_URL = "static/"
STATIC_ROOT = BASE_DIR / env.str("STATIC_ROOT", default="staticfiles")
STATICFILES_DIRS = [BASE_DIR / "static"]
WHITENOISE_ALLOW_ALL_ORIGINS = False
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}

# ── The web's edges ───────────────────────────────────────────────────────────────────────────

HTTPS = env.bool("HTTPS", default=not DEBUG)
SECURE_SSL_REDIRECT = HTTPS
SECURE_HSTS_SECONDS = 365 * 24 * 60 * 60 if HTTPS else 0
# A promise for a year that cannot be taken back: only whoever owns all the subdomains can make it for them.
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = env.bool("HSTS_SUBDOMAINS", default=False)
SILENCED_SYSTEM_CHECKS = ["security.W005", "security.W021"]
SESSION_COOKIE_SECURE = HTTPS
CSRF_COOKIE_SECURE = HTTPS
if HTTPS:
    # Browsers take such names from this very host alone, over https: no neighbour under the same domain can
    # put a cookie of theirs in the place of ours.
    SESSION_COOKIE_NAME = "__Host-sessionid"
    CSRF_COOKIE_NAME = "__Host-csrftoken"
# Not Strict. The session has to come along when somebody follows a link in a mail, or comes back from
# signing in elsewhere; and the page behind a link, opened without the other cookie, would make a new token,
# with which every form that is open in another tab is refused.
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
if env.bool("BEHIND_PROXY", default=False):
    # Only a proxy that always sets this header itself may be trusted with it.
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    # The last address in X-Forwarded-For, which the proxy wrote: all before it may be made up.
    ALLAUTH_TRUSTED_PROXY_COUNT = 1
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "connect-src": [SELF],
        # A form that starts a login elsewhere is redirected there.
        "form-action": [SELF, *PROVIDERS.values()],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
        # A script of ours that made HTML of a text would stop there. (Not in the admin: EdgesMiddleware.)
        "require-trusted-types-for": ["'script'"],
        "trusted-types": [NONE],
        "upgrade-insecure-requests": HTTPS,
    }
}

# Somebody who pastes a whole book into a note is told so by the form and keeps the text; only
# what no form could mean is refused outright.
DATA_UPLOAD_MAX_MEMORY_SIZE = 16 * 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 500
# No form takes files. They would be written to the disk, and their size is bounded by nothing above.
DATA_UPLOAD_MAX_NUMBER_FILES = 0

# ── Watching ──────────────────────────────────────────────────────────────────────────────────

# From how many milliseconds on a statement is logged as slow; 0 logs them all.
SLOW_QUERY_MS = whole_number("SLOW_QUERY_MS", default=1000)
# Who knows it may read /metrics; without one there is no such page.
METRICS_TOKEN = env.str("METRICS_TOKEN", default="")

# What pages (DEBUG) and mails say of an error.
DEFAULT_EXCEPTION_REPORTER = "operations.error_reports.PrivateReporter"

LOG_FORMAT = env.str("LOG_FORMAT", default="text" if DEBUG else "json")
LOG_LEVEL = env.str("LOG_LEVEL", default="INFO").upper()
_formatters = {"json": "operations.formatters.JsonFormatter", "text": "operations.formatters.TextFormatter"}
if LOG_FORMAT not in _formatters:
    raise ImproperlyConfigured("LOG_FORMAT must be json or text.")
if LOG_LEVEL not in logging.getLevelNamesMapping():
    raise ImproperlyConfigured("LOG_LEVEL must be DEBUG, INFO, WARNING, ERROR or CRITICAL.")

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"()": _formatters[LOG_FORMAT], "reveal": DEBUG}},
    "handlers": {
        "console": {"class": "logging.StreamHandler", "formatter": "line"},
        "mail": {"class": "operations.formatters.PrivateEmailHandler", "level": "ERROR", "formatter": "line"},
    },
    "root": {"handlers": ["console"], "level": LOG_LEVEL},
    "loggers": {
        # Django's own handlers would say everything a second time.
        "django": {"handlers": []},
        # Faults of ours. While the database is in trouble, nobody waits for a mail server as well.
        "django.request": {"handlers": ["mail"] if ADMINS else []},
        # In a worker of gunicorn, its lines look like all others; by itself it would write paths.
        "gunicorn.error": {"handlers": [], "propagate": True},
        # The pool repeats in its own words, with host and user, what brainlog.errors says in one line.
        "psycopg.pool": {"level": "ERROR"},
    },
}
if not DEBUG:
    # These write parameters and paths: never, whatever LOG_LEVEL says.
    LOGGING["loggers"] |= {"django.db.backends": {"level": "INFO"}, "django.server": {"level": "CRITICAL"}}
