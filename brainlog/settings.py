"""Settings, read from the environment and from .env. `.env.example` explains every variable."""

from pathlib import Path

from csp.constants import NONE, SELF
from django.utils.translation import gettext_lazy as _

from brainlog import environment, login_providers, reminder_servers
from brainlog.cache import caches_from_url
from brainlog.database.urls import databases_from_environment
from brainlog.logging_settings import FORMATTERS, logging_settings
from encryption.keys import DERIVED, derive_key, parse_keys

BASE_DIR = Path(__file__).resolve().parent.parent

environment.load_env_file(BASE_DIR / ".env")
env = environment.Environment()  # Collects what is missing or invalid; the last line of this file reports all of it.

# ── Required variables ────────────────────────────────────────────────────────────────────────

DEBUG = env.boolean("DEBUG", default=False)

SECRET_KEY = env.string("SECRET_KEY")
if env.require(SECRET_KEY, "SECRET_KEY: missing. A long random text that only this server knows."):
    env.require(
        DEBUG or not environment.is_guessable(SECRET_KEY),
        "SECRET_KEY: can be guessed. python3 -c 'import secrets; print(secrets.token_urlsafe(50))' makes a good one.",
    )

ALLOWED_HOSTS = env.strings("ALLOWED_HOSTS", default=["127.0.0.1", "localhost", "[::1]"] if DEBUG else [])
env.require(ALLOWED_HOSTS, "ALLOWED_HOSTS: missing. The host names this server answers to, comma-separated.")
env.require(
    environment.are_hosts(ALLOWED_HOSTS),
    "ALLOWED_HOSTS: must be host names such as log.example.org, without https:// and port.",
)
env.require(
    DEBUG or not any(host.startswith((".", "*")) for host in ALLOWED_HOSTS),
    "ALLOWED_HOSTS: must name whole hosts. Otherwise the sender of a request chooses the host of links in mails.",
)

FIELD_ENCRYPTION_KEYS, FIELD_ENCRYPTION_READS_PLAINTEXT = env.parse(
    parse_keys, env.string("FIELD_ENCRYPTION_KEYS"), default=({}, False)
)
env.require(
    DEBUG or env.strings("FIELD_ENCRYPTION_KEYS"),
    "FIELD_ENCRYPTION_KEYS: missing. It encrypts what people write; manage.py make_key prints one.",
)
if DEBUG and SECRET_KEY:
    FIELD_ENCRYPTION_KEYS.setdefault(DERIVED, derive_key(SECRET_KEY))  # The only key, unless the variable is set.

# ── Applications ──────────────────────────────────────────────────────────────────────────────

INSTALLED_APPS = [
    # Before accounts, which removes their models from the admin.
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "accounts",
    "logs",
    "reflections",
    "support",
    "insights",
    "reminders",
    "home",
    "personal_data",
    "operations",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.messages",
    # Before staticfiles: then runserver serves static files as in production.
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django.forms",
    "csp",
]

# The order, outermost first, and why. What each takes of a request is in docs/decisions/0020-middleware.md.
MIDDLEWARE = [
    # Outermost: they add headers to every response, including static files and probes.
    "brainlog.middleware.SecurityHeadersMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    # Answers monitors without a session, a host check, a redirect to https or a line in the log.
    "operations.probes.ProbesMiddleware",
    "operations.instrumentation.InstrumentationMiddleware",
    "django.middleware.security.SecurityMiddleware",
    # Behind the redirect to https, before all that needs the database.
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.middleware.gzip.GZipMiddleware",
    "brainlog.middleware.DatabaseMiddleware",
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
    # Inside allauth's, so that its exceptions are handled by ours.
    "accounts.middleware.SignInMiddleware",
    # Next to the view: it refuses methods and replaces bare error pages after all other middleware has run.
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
            "builtins": [
                f"brainlog.templatetags.{name}"
                for name in ("address", "icon", "navigation", "new_day", "page_title", "script", "service_worker")
            ],
        },
    },
]
FORM_RENDERER = "brainlog.forms.FormRenderer"

# ── Database ──────────────────────────────────────────────────────────────────────────────────

DATABASES = env.parse(databases_from_environment, env, BASE_DIR, not DEBUG, default={})
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
# Seconds until a request stops waiting for a PostgreSQL that does not respond. Has to exceed any statement_timeout.
DATABASE_TIMEOUT = env.integer("DATABASE_TIMEOUT", default=40, least=1)

# Read-only pages read from the replica, if there is one; from the primary for REPLICA_PIN_SECONDS after a save.
DATABASE_ROUTERS = ["brainlog.database.router.ReplicaRouter"]
REPLICA_PIN_SECONDS = env.integer("REPLICA_PIN_SECONDS", default=10)

# ── Cache ─────────────────────────────────────────────────────────────────────────────────────

# Holds computed numbers, never texts. Without a URL, each process has a cache of its own.
CACHES = env.parse(caches_from_url, env.string("CACHE_URL"), default={})

# ── Backups ───────────────────────────────────────────────────────────────────────────────────

# Defaults of `manage.py backup`, `verify_backup` and `restore`.
BACKUP_TO = env.string("BACKUP_TO")
BACKUP_ENCRYPT_TO = env.string("BACKUP_ENCRYPT_TO")

# ── Mail ──────────────────────────────────────────────────────────────────────────────────────

EMAIL_URL = env.string("EMAIL_URL", default="consolemail://" if DEBUG else "")
# Without a mail server, the pages say so and offer alternatives.
HAS_EMAIL = bool(EMAIL_URL)
_mail = env.parse(environment.mail_settings, EMAIL_URL or "dummymail://", default={})
EMAIL_BACKEND, EMAIL_FILE_PATH = _mail.get("EMAIL_BACKEND"), _mail.get("EMAIL_FILE_PATH")
EMAIL_HOST, EMAIL_PORT = _mail.get("EMAIL_HOST"), _mail.get("EMAIL_PORT")
EMAIL_HOST_USER, EMAIL_HOST_PASSWORD = _mail.get("EMAIL_HOST_USER"), _mail.get("EMAIL_HOST_PASSWORD")
EMAIL_USE_TLS, EMAIL_USE_SSL = _mail.get("EMAIL_USE_TLS", False), _mail.get("EMAIL_USE_SSL", False)
EMAIL_TIMEOUT = 10
# They receive a mail about each server error.
ADMINS = [(address, address) for address in env.strings("ADMINS")]
env.require(HAS_EMAIL or not ADMINS, "ADMINS: needs EMAIL_URL, to send them mails.")
DEFAULT_FROM_EMAIL = SERVER_EMAIL = env.string("EMAIL_FROM", default="Brain Log <brainlog@localhost>")

# ── People ────────────────────────────────────────────────────────────────────────────────────

AUTH_USER_MODEL = "accounts.User"
REGISTRATION = env.choice("REGISTRATION", ("open", "invite", "closed"), default="open")
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator",
        "OPTIONS": {"user_attributes": ("username", "display_name", "email")},
    },
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator"},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "accounts.passwords.GuessableValidator"},
]
# The only backend: each further one would hash every wrong password once more.
AUTHENTICATION_BACKENDS = ["django.contrib.auth.backends.ModelBackend"]
LOGIN_URL = "accounts:login"
LOGIN_REDIRECT_URL = "today"
LOGOUT_REDIRECT_URL = "today"
PASSWORD_RESET_TIMEOUT = 24 * 60 * 60
SESSION_ENGINE = "accounts.sessions"
# Three months without a visit, so that no login page greets a person who returns after a bad time; a year in any case.
SESSION_IDLE_AGE = 90 * 24 * 60 * 60
SESSION_COOKIE_AGE = 365 * 24 * 60 * 60
# Of a visitor: the session holds the state between password and second factor, or of a login by a provider.
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
# Every use of a passkey needs a fingerprint, a face or a PIN: possession of the device is not enough.
MFA_WEBAUTHN_USER_VERIFICATION = "required"
# An e-mail address is optional, and everyone can have a second factor.
MFA_ALLOW_UNVERIFIED_EMAIL = True
MFA_RECOVERY_CODES_SHOW_ONCE = True
MFA_TOTP_ISSUER = "Brain Log"
# Who must have a second factor or a passkey before any of their pages opens.
SECOND_FACTOR = env.choice("SECOND_FACTOR", ("optional", "staff", "everybody"), default="optional")
# The previous and the next code count too, because clocks of phones differ by some seconds.
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

# ── Social login ──────────────────────────────────────────────────────────────────────────────

# The origin of each provider's login page, for the Content-Security-Policy; and what allauth is to know of them.
PROVIDERS, SOCIALACCOUNT_PROVIDERS = login_providers.from_environment(env)
if PROVIDERS:
    INSTALLED_APPS[2:2] = ["allauth.socialaccount", *(f"allauth.socialaccount.providers.{name}" for name in PROVIDERS)]
SOCIALACCOUNT_ADAPTER = "accounts.social_login.SocialAccountAdapter"
SOCIALACCOUNT_FORMS = {"signup": "accounts.social_login.SocialSignUpForm"}
SOCIALACCOUNT_AUTO_SIGNUP = False
LOGIN_ONLY_BY_PROVIDER = env.boolean("LOGIN_ONLY_BY_PROVIDER", default=False)
env.require(
    PROVIDERS or not LOGIN_ONLY_BY_PROVIDER, "LOGIN_ONLY_BY_PROVIDER: needs a provider, such as OIDC_SERVER_URL."
)

# ── Reminders ─────────────────────────────────────────────────────────────────────────────────

# Every kind is off without its setting: messages to browsers, and ntfy and Gotify.
REMINDER_PUSH_KEY, REMINDER_PUSH_CONTACT = env.all_or_none("REMINDER_PUSH_KEY", "REMINDER_PUSH_CONTACT") or ("", "")
if REMINDER_PUSH_KEY and REMINDER_PUSH_CONTACT:
    REMINDER_PUSH_KEY = env.parse(reminder_servers.parse_push_key, REMINDER_PUSH_KEY, default="")
    REMINDER_PUSH_CONTACT = env.parse(reminder_servers.parse_push_contact, REMINDER_PUSH_CONTACT, default="")
REMINDER_PUSH_SERVICES = env.parse(
    reminder_servers.parse_push_services,
    env.strings("REMINDER_PUSH_SERVICES", default=reminder_servers.PUSH_SERVICES),
    default=(),
)
REMINDER_SERVERS = env.parse(reminder_servers.parse_servers, env.strings("REMINDER_SERVERS"), default=())

# ── Language, numbers and time ────────────────────────────────────────────────────────────────

LANGUAGE_CODE = "en"
# A new language needs its translations, and formats as in brainlog/formats/en/.
LANGUAGES = [("en", _("English"))]
FORMAT_MODULE_PATH = ["brainlog.formats"]
# Texts of a single language are shown as they are written. Looking up each takes a tenth of the time of a page.
USE_I18N = len(LANGUAGES) > 1
USE_TZ = True
# The default; PersonMiddleware activates the person's own zone.
TIME_ZONE = "UTC"

# ── Static files ──────────────────────────────────────────────────────────────────────────────

STATIC_URL = "static/"
STATIC_ROOT = BASE_DIR / (env.string("STATIC_ROOT") or "staticfiles")  # Never this folder itself, which contains .env.
# css/ and js/ are the sources of the files that brainlog/bundles.py makes, and not served themselves.
STATICFILES_DIRS = [(folder, BASE_DIR / "static" / folder) for folder in ("images", "vendor")]
STATICFILES_FINDERS = [
    "brainlog.bundles.BundleFinder",
    "django.contrib.staticfiles.finders.FileSystemFinder",
    "django.contrib.staticfiles.finders.AppDirectoriesFinder",
]
WHITENOISE_ALLOW_ALL_ORIGINS = False
# False removes the service worker from browsers at their next visit, and with it the offline page and notifications.
SERVICE_WORKER = env.boolean("SERVICE_WORKER", default=True)
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG
        else "brainlog.static_files.StaticFilesStorage"
    },
}

# ── Security: https, cookies, origins, headers ────────────────────────────────────────────────

HTTPS = env.boolean("HTTPS", default=not DEBUG)
SECURE_SSL_REDIRECT = HTTPS
# operations/metrics.py answers 403 instead: with a redirect, a program would keep sending its token in clear text.
SECURE_REDIRECT_EXEMPT = [r"^metrics$"]
SECURE_HSTS_SECONDS = 365 * 24 * 60 * 60 if HTTPS else 0
# Browsers remember it for a year, and it cannot be revoked: only the owner of all subdomains can decide it.
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = env.boolean("HSTS_SUBDOMAINS", default=False)
SILENCED_SYSTEM_CHECKS = ["security.W005", "security.W021"]
SESSION_COOKIE_SECURE = HTTPS
CSRF_COOKIE_SECURE = HTTPS
# No script needs these cookies: forms contain the CSRF token.
CSRF_COOKIE_HTTPONLY = True
MESSAGE_STORAGE = "brainlog.message_storage.Storage"
MESSAGE_TAGS = {26: "offer"}  # support/offer.py
# Browsers accept such a cookie only from this host over https: no other site under the same domain can overwrite it.
_prefix = "__Host-" if HTTPS else ""
SESSION_COOKIE_NAME, CSRF_COOKIE_NAME = f"{_prefix}sessionid", f"{_prefix}csrftoken"
MESSAGE_COOKIE_NAME, PASSKEY_COOKIE_NAME = f"{_prefix}messages", f"{_prefix}passkey"
KNOWN_BROWSER_COOKIE_NAME = f"{_prefix}known_browser"
# For the address of one report alone, so it has a path, and cannot be __Host-.
SHARED_REPORT_COOKIE_NAME = "__Secure-shared_report" if HTTPS else "shared_report"
# Not Strict: the session cookie is needed when a person follows a link in a mail, or returns from a provider's login.
# A page opened by such a link without the CSRF cookie would set a new token, and forms open in other tabs would fail.
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
if env.boolean("BEHIND_PROXY", default=False):
    # Safe only behind a proxy that always sets this header itself.
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    # The proxy appends the last address in X-Forwarded-For; all before it can be forged.
    ALLAUTH_TRUSTED_PROXY_COUNT = 1
CSRF_TRUSTED_ORIGINS = env.strings("CSRF_TRUSTED_ORIGINS")
env.require(
    environment.are_origins(CSRF_TRUSTED_ORIGINS),
    "CSRF_TRUSTED_ORIGINS: must be such as https://log.example.org, no path.",
)
# The origin of links in mails. The Host header of a request could name another port of the same host.
SITE_URL = env.string("SITE_URL")
env.require(
    not SITE_URL or environment.are_origins([SITE_URL.rstrip("/")]),
    "SITE_URL: must be such as https://log.example.org, no path.",
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
        "manifest-src": [SELF],
        "worker-src": [SELF],
        # The form that starts a login by a provider is redirected to it.
        "form-action": [SELF, *PROVIDERS.values()],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
        # A script of ours that made HTML of a text would stop there. (Not in the admin: SecurityHeadersMiddleware.)
        "require-trusted-types-for": ["'script'"],
        # The one policy there may be is for the address of the service worker, see static/js/worker.js.
        "trusted-types": ["brainlog-worker"],
        "upgrade-insecure-requests": HTTPS,
    }
}

# Limits of a request body in bytes, see brainlog/body_size.py. URL-encoded, a character takes up to nine bytes.
MAX_VISITOR_BODY = 64 * 1024
MAX_PERSON_BODY = 256 * 1024
# Check-ins, reflections and undo: a person who pastes a whole book into a note gets the form back with the text.
MAX_LONG_TEXT_BODY = DATA_UPLOAD_MAX_MEMORY_SIZE = 3 * 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 500
# No form accepts files: they would be written to the disk, and none of the limits above applies to them.
DATA_UPLOAD_MAX_NUMBER_FILES = 0

# ── Logs, metrics, error reports ──────────────────────────────────────────────────────────────

# Statements that take at least so many milliseconds are logged; 0 logs all.
SLOW_QUERY_MS = env.integer("SLOW_QUERY_MS", default=1000)
# The token to read /metrics; without it, the page answers 404.
METRICS_TOKEN = env.string("METRICS_TOKEN")

# Content of error reports, in mails and on pages (DEBUG).
DEFAULT_EXCEPTION_REPORTER = "operations.error_reports.PrivateReporter"

LOG_FORMAT = env.choice("LOG_FORMAT", tuple(FORMATTERS), default="text" if DEBUG else "json")
LOG_LEVEL = env.choice("LOG_LEVEL", ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"), default="INFO")
LOGGING = logging_settings(LOG_FORMAT, LOG_LEVEL, is_debug=DEBUG, mails_errors=bool(ADMINS))

# If a platform failed to fill in one of these, its default would be less safe than the intended value.
env.require_not_blank(
    *("REGISTRATION", "SECOND_FACTOR", "LOGIN_ONLY_BY_PROVIDER", "BACKUP_ENCRYPT_TO", "REMINDER_PUSH_SERVICES")
)
env.raise_errors()
