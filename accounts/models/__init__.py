from accounts.models.clock import DEFAULT_TIMEZONE, timezone_names, validate_timezone
from accounts.models.invitation import Invitation
from accounts.models.known_browser import KnownBrowser
from accounts.models.security_event import SecurityEvent
from accounts.models.session import Session
from accounts.models.throttle import Throttle
from accounts.models.user import User, validate_mailable

__all__ = [
    "DEFAULT_TIMEZONE",
    "Invitation",
    "KnownBrowser",
    "SecurityEvent",
    "Session",
    "Throttle",
    "User",
    "timezone_names",
    "validate_mailable",
    "validate_timezone",
]
