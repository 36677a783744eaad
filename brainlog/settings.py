"""Settings, read from the environment and from .env. Every variable is explained in .env.example."""

import os
from pathlib import Path

from csp.constants import NONE, SELF
from django.utils.translation import gettext_lazy as _

from brainlog.cache import caches_from_url
from brainlog.database.urls import databases_from_environment
from brainlog.environment import Environment, are_hosts, are_origins, is_guessable, mail_settings, origin_of, read_file
from encryption.keys import DERIVED, key_from, keys_in

BASE_DIR = Path(__file__).resolve().parent.parent

read_file(BASE_DIR / ".env")
env = Environment()  # Notes what is missing or wrong; the last line of this file tells all of it.

# ── What must be given ────────────────────────────────────────────────────────────────────────

DEBUG = env.yes_or_no("DEBUG", default=False)

SECRET_KEY = env.text("SECRET_KEY")
if env.expect(SECRET_KEY, "SECRET_KEY: missing. A long random text, known to this server alone."):
    env.expect(
        DEBUG or not is_guessable(SECRET_KEY),
        "SECRET_KEY: can be guessed. python3 -c 'import secrets; print(secrets.token_urlsafe(50))' makes a good one.",
    )

ALLOWED_HOSTS = env.texts("ALLOWED_HOSTS", default=["127.0.0.1", "localhost", "[::1]"] if DEBUG else [])
env.expect(ALLOWED_HOSTS, "ALLOWED_HOSTS: missing. The host names this server answers to, comma-separated.")
env.expect(
    are_hosts(ALLOWED_HOSTS), "ALLOWED_HOSTS: must be names alone, such as log.example.org: no https://, no port."
)
env.expect(
    DEBUG or not any(host.startswith((".", "*")) for host in ALLOWED_HOSTS),
    "ALLOWED_HOSTS: must name whole hosts. Otherwise whoever asks chooses where the links in our mails lead.",
)

FIELD_ENCRYPTION_KEYS, FIELD_ENCRYPTION_READS_PLAINTEXT = env.read(
    keys_in, env.text("FIELD_ENCRYPTION_KEYS"), otherwise=({}, False)
)
env.expect(
    DEBUG or env.texts("FIELD_ENCRYPTION_KEYS"),
    "FIELD_ENCRYPTION_KEYS: missing. What people write is encrypted with it; manage.py make_key prints one.",
)
if DEBUG and SECRET_KEY:
    FIELD_ENCRYPTION_KEYS.setdefault(DERIVED, key_from(SECRET_KEY))  # The only one, until another is given.

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

# The order, outermost first, and why. What each takes of a request is in docs/decisions/0019-middleware.md.
MIDDLEWARE = [
    # They guard every answer, static files and those to monitors included.
    "brainlog.middleware.SecurityHeadersMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    # Answers monitors without a session, a host check, a redirect to https or a line in the log.
    "operations.probes.ProbesMiddleware",
    # Sees what all the others do and refuse.
    "operations.instrumentation.ObservingMiddleware",
    "django.middleware.security.SecurityMiddleware",
    # Behind the redirect to https, before all that needs the database.
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.middleware.gzip.GZipMiddleware",
    "brainlog.circuit_breaker.DatabaseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    # Before CsrfViewMiddleware, the first that reads a form.
    "brainlog.body_size.BodyMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    # Needs the session.
    "accounts.middleware.PersonMiddleware",
    # Need the person.
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    # Inside of allauth's: its exceptions are ours to answer.
    "accounts.middleware.SignInMiddleware",
    # Next to the view: a method is refused, and a bare page replaced, after all else has had its say.
    "brainlog.middleware.ErrorPagesMiddleware",
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
            "builtins": ["brainlog.templatetags.script", "brainlog.templatetags.navigation"],
        },
    },
]
FORM_RENDERER = "brainlog.forms.FormRenderer"

# ── Database ──────────────────────────────────────────────────────────────────────────────────

DATABASES = env.read(databases_from_environment, os.environ, BASE_DIR, not DEBUG, otherwise={})
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
# Seconds until a request gives up on a PostgreSQL that is connected and silent. More than any statement_timeout.
DATABASE_PATIENCE = env.whole_number("DATABASE_PATIENCE", default=40, least=1)

# Pages that only show read from the replica, if there is one; after a save, from the primary for so long.
DATABASE_ROUTERS = ["brainlog.database.router.ReplicaRouter"]
REPLICA_PIN_SECONDS = env.whole_number("REPLICA_PIN_SECONDS", default=10)

# ── Cache ─────────────────────────────────────────────────────────────────────────────────────

# Computed numbers, never a text. Without a URL each process keeps its own.
CACHES = env.read(caches_from_url, env.text("CACHE_URL"), otherwise={})

# ── Backups ───────────────────────────────────────────────────────────────────────────────────

# What `manage.py backup`, `verify_backup` and `restore` take when they are not told otherwise.
BACKUP_TO = env.text("BACKUP_TO")
BACKUP_ENCRYPT_TO = env.text("BACKUP_ENCRYPT_TO")

# ── Mail ──────────────────────────────────────────────────────────────────────────────────────

EMAIL_URL = env.text("EMAIL_URL", default="consolemail://" if DEBUG else "")
# Without a mail server, the pages say so and offer other ways.
HAS_EMAIL = bool(EMAIL_URL)
globals().update(env.read(mail_settings, EMAIL_URL or "dummymail://", otherwise={}))
EMAIL_TIMEOUT = 10
# Who gets a mail of each error.
ADMINS = [(address, address) for address in env.texts("ADMINS")]
env.expect(HAS_EMAIL or not ADMINS, "ADMINS: to send them mails, EMAIL_URL is needed.")
DEFAULT_FROM_EMAIL = SERVER_EMAIL = env.text("EMAIL_FROM", default="Brain Log <brainlog@localhost>")

# ── People ────────────────────────────────────────────────────────────────────────────────────

AUTH_USER_MODEL = "accounts.User"
REGISTRATION = env.one_of("REGISTRATION", ("open", "invite", "closed"), default="open")
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator",
        "OPTIONS": {"user_attributes": ("username", "display_name", "email")},
    },
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator"},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "accounts.passwords.GuessableValidator"},
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
# Of a visitor, whose session holds the step between password and code, or what a provider is to answer.
SESSION_VISITOR_AGE = 60 * 60
ACCOUNT_ADAPTER = "accounts.adapter.AccountAdapter"
ACCOUNT_LOGIN_METHODS = {"username"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "email", "password1*", "password2*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_SESSION_REMEMBER = True
ACCOUNT_FORMS = {"reauthenticate": "accounts.forms.PasswordReauthenticationForm"}
# Before the e-mail address changes, as before the second factor does. Lasts five minutes.
ACCOUNT_REAUTHENTICATION_REQUIRED = True
# Ours are in accounts/rate_limits.py. allauth's do not say when to try again, and let strangers lock people out.
ACCOUNT_RATE_LIMITS = MFA_RATE_LIMITS = False
# Off for security scans only (testing/scanning/settings.py); no environment variable changes it.
RATE_LIMITS_ENABLED = True
MFA_ADAPTER = "accounts.adapter.MFAAdapter"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
# A finger, a face or a PIN, whatever a passkey is used for: who holds the device alone is not its person.
MFA_WEBAUTHN_USER_VERIFICATION = "required"
# An e-mail address is optional, and a second factor is for everybody.
MFA_ALLOW_UNVERIFIED_EMAIL = True
MFA_RECOVERY_CODES_SHOW_ONCE = True
MFA_TOTP_ISSUER = "Brain Log"
# Who has to have one, or a passkey, before any page of theirs opens.
SECOND_FACTOR = env.one_of("SECOND_FACTOR", ("optional", "staff", "everybody"), default="optional")
# Clocks of phones are wrong by some seconds: the code before and the code after are good too.
MFA_TOTP_TOLERANCE = 1
MFA_FORMS = {
    "authenticate": "accounts.second_factor.CodeForm",
    "reauthenticate": "accounts.second_factor.CodeReauthenticationForm",
    "activate_totp": "accounts.second_factor.ActivateAppForm",
    "add_webauthn": "accounts.passkeys.AddPasskeyForm",
    "authenticate_webauthn": "accounts.passkeys.PasskeyForm",
    "reauthenticate_webauthn": "accounts.passkeys.PasskeyReauthenticationForm",
    "login_webauthn": "accounts.passkeys.PasskeyLoginForm",
}

# ── Accounts elsewhere ────────────────────────────────────────────────────────────────────────

# The origins are those that the button's form leads to.
PROVIDERS = {
    "google": "https://accounts.google.com",
    "github": "https://github.com",
    "gitlab": "https://gitlab.com",
    "microsoft": "https://login.microsoftonline.com",
}
SOCIALACCOUNT_PROVIDERS = {
    name: {"APPS": [{"client_id": given[0], "secret": given[1]}], "OAUTH_PKCE_ENABLED": True}
    for name in PROVIDERS
    if (given := env.all_or_none(f"{name.upper()}_CLIENT_ID", f"{name.upper()}_CLIENT_SECRET"))
}
PROVIDERS = {name: PROVIDERS[name] for name in SOCIALACCOUNT_PROVIDERS}
if oidc := env.all_or_none("OIDC_SERVER_URL", "OIDC_CLIENT_ID", "OIDC_CLIENT_SECRET"):
    PROVIDERS["openid_connect"] = env.read(origin_of, oidc[0], "OIDC_SERVER_URL", otherwise="")
    SOCIALACCOUNT_PROVIDERS["openid_connect"] = {
        "APPS": [
            {
                "provider_id": "oidc",
                "name": env.text("OIDC_NAME", default="OpenID Connect"),
                "client_id": oidc[1],
                "secret": oidc[2],
                "settings": {"server_url": oidc[0]},
            }
        ],
        "OAUTH_PKCE_ENABLED": True,
        "SCOPE": ["openid", "profile"],
    }
if PROVIDERS:
    INSTALLED_APPS[2:2] = ["allauth.socialaccount", *(f"allauth.socialaccount.providers.{name}" for name in PROVIDERS)]
SOCIALACCOUNT_ADAPTER = "accounts.social_login.SocialAccountAdapter"
SOCIALACCOUNT_FORMS = {"signup": "accounts.social_login.SocialSignUpForm"}
SOCIALACCOUNT_AUTO_SIGNUP = False
LOGIN_ONLY_BY_PROVIDER = env.yes_or_no("LOGIN_ONLY_BY_PROVIDER", default=False)
env.expect(
    PROVIDERS or not LOGIN_ONLY_BY_PROVIDER, "LOGIN_ONLY_BY_PROVIDER: needs a provider, such as OIDC_SERVER_URL."
)

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
STATIC_ROOT = BASE_DIR / (env.text("STATIC_ROOT") or "staticfiles")  # never this folder itself, .env and all
# css/ and js/ are the sources of the files that brainlog/bundles.py makes, and not served themselves.
STATICFILES_DIRS = [(folder, BASE_DIR / "static" / folder) for folder in ("images", "vendor")]
STATICFILES_FINDERS = [
    "brainlog.bundles.BundleFinder",
    "django.contrib.staticfiles.finders.FileSystemFinder",
    "django.contrib.staticfiles.finders.AppDirectoriesFinder",
]
WHITENOISE_ALLOW_ALL_ORIGINS = False
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG
        else "brainlog.static_files.StaticFilesStorage"
    },
}

# ── The web's edges ───────────────────────────────────────────────────────────────────────────

HTTPS = env.yes_or_no("HTTPS", default=not DEBUG)
SECURE_SSL_REDIRECT = HTTPS
# A program that is led on to https would go on sending its token in the clear: operations/metrics.py refuses.
SECURE_REDIRECT_EXEMPT = [r"^metrics$"]
SECURE_HSTS_SECONDS = 365 * 24 * 60 * 60 if HTTPS else 0
# A promise for a year that cannot be taken back: only whoever owns all the subdomains can make it for them.
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = env.yes_or_no("HSTS_SUBDOMAINS", default=False)
SILENCED_SYSTEM_CHECKS = ["security.W005", "security.W021"]
SESSION_COOKIE_SECURE = HTTPS
CSRF_COOKIE_SECURE = HTTPS
# Scripts need none of them: the token for forms stands in the forms.
CSRF_COOKIE_HTTPONLY = True
MESSAGE_STORAGE = "brainlog.message_storage.Storage"
MESSAGE_COOKIE_NAME, KNOWN_BROWSER_COOKIE_NAME = "messages", "known_browser"
PASSKEY_COOKIE_NAME = "passkey"
if HTTPS:
    # Browsers take such names from this very host alone, over https: no neighbour under the same domain can
    # put a cookie of theirs in the place of ours.
    SESSION_COOKIE_NAME = "__Host-sessionid"
    CSRF_COOKIE_NAME = "__Host-csrftoken"
    MESSAGE_COOKIE_NAME, KNOWN_BROWSER_COOKIE_NAME = "__Host-messages", "__Host-known_browser"
    PASSKEY_COOKIE_NAME = "__Host-passkey"
# Not Strict. The session has to come along when somebody follows a link in a mail, or comes back from
# signing in elsewhere; and the page behind a link, opened without the other cookie, would make a new token,
# with which every form that is open in another tab is refused.
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
if env.yes_or_no("BEHIND_PROXY", default=False):
    # Only a proxy that always sets this header itself may be trusted with it.
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    # The last address in X-Forwarded-For, which the proxy wrote: all before it may be made up.
    ALLAUTH_TRUSTED_PROXY_COUNT = 1
CSRF_TRUSTED_ORIGINS = env.texts("CSRF_TRUSTED_ORIGINS")
env.expect(are_origins(CSRF_TRUSTED_ORIGINS), "CSRF_TRUSTED_ORIGINS: must be such as https://log.example.org, no path.")
# What links in mails begin with. A request's own `Host` can name another port of the same host.
SITE_URL = env.text("SITE_URL")
env.expect(
    not SITE_URL or are_origins([SITE_URL.rstrip("/")]), "SITE_URL: must be such as https://log.example.org, no path."
)
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
        # A script of ours that made HTML of a text would stop there. (Not in the admin: SecurityHeadersMiddleware.)
        "require-trusted-types-for": ["'script'"],
        "trusted-types": [NONE],
        "upgrade-insecure-requests": HTTPS,
    }
}

# Bytes of a body, see brainlog/body_size.py. A form in other languages needs up to nine bytes a character.
BODY_OF_VISITOR = 64 * 1024
BODY_OF_PERSON = 256 * 1024
# Check-ins, reflections and undo: a person who pastes a whole book into a note gets the form back, with the text.
BODY_OF_LONG_TEXTS = DATA_UPLOAD_MAX_MEMORY_SIZE = 3 * 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 500
# No form takes files. They would be written to the disk, and their size is bounded by nothing above.
DATA_UPLOAD_MAX_NUMBER_FILES = 0

# ── Watching ──────────────────────────────────────────────────────────────────────────────────

# From how many milliseconds on a statement is logged as slow; 0 logs them all.
SLOW_QUERY_MS = env.whole_number("SLOW_QUERY_MS", default=1000)
# Who knows it may read /metrics; without one there is no such page.
METRICS_TOKEN = env.text("METRICS_TOKEN")

# What pages (DEBUG) and mails say of an error.
DEFAULT_EXCEPTION_REPORTER = "operations.error_reports.PrivateReporter"

_formatters = {"json": "operations.log_formatters.JsonFormatter", "text": "operations.log_formatters.TextFormatter"}
LOG_FORMAT = env.one_of("LOG_FORMAT", tuple(_formatters), default="text" if DEBUG else "json")
LOG_LEVEL = env.one_of("LOG_LEVEL", ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"), default="INFO")

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"()": _formatters[LOG_FORMAT], "reveal": DEBUG}},
    "handlers": {
        "console": {"class": "logging.StreamHandler", "formatter": "line"},
        "mail": {"class": "operations.log_formatters.PrivateEmailHandler", "level": "ERROR", "formatter": "line"},
    },
    "root": {"handlers": ["console"], "level": LOG_LEVEL},
    "loggers": {
        # Django's own handlers would say everything a second time.
        "django": {"handlers": []},
        # Faults of ours. While the database is in trouble, nobody waits for a mail server as well.
        "django.request": {"handlers": ["mail"] if ADMINS else []},
        # In a worker of gunicorn, its lines look like all others; by itself it would write paths.
        "gunicorn.error": {"handlers": [], "propagate": True},
        # The pool repeats in its own words, with host and user, what brainlog.database.errors says in one line.
        "psycopg.pool": {"level": "ERROR"},
    },
}
if not DEBUG:
    # These write parameters and paths: never, whatever LOG_LEVEL says.
    LOGGING["loggers"] |= {"django.db.backends": {"level": "INFO"}, "django.server": {"level": "CRITICAL"}}

# A value that a platform failed to fill in would open the registration, ask for no second factor, keep passwords beside
# a provider, or leave backups in clear.
env.expect_no_blank("REGISTRATION", "SECOND_FACTOR", "LOGIN_ONLY_BY_PROVIDER", "BACKUP_ENCRYPT_TO")
env.insist()
