"""The tests' settings for a scanned site: https and static files as in production, without rate limits."""

from testing.settings import *  # noqa: F403
from testing.settings import STORAGES

# With rate limits, only thirty passwords of a scanner would be checked.
RATE_LIMITS_ENABLED = False
# Otherwise pages that require reauthentication could not be opened after five minutes.
ACCOUNT_REAUTHENTICATION_TIMEOUT = 60 * 60
STORAGES["staticfiles"] = {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"}
