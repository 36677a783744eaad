"""The tests' settings for a site under scan: https and static files as in production, and doors that stay open."""

from testing.settings import *  # noqa: F403
from testing.settings import STORAGES

# With limits, thirty of a scanner's passwords would be looked at, and all others be refused unread.
RATE_LIMITS_ENABLED = False
# Or the pages behind "is it you?" would close after five minutes.
ACCOUNT_REAUTHENTICATION_TIMEOUT = 60 * 60
STORAGES["staticfiles"] = {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"}
