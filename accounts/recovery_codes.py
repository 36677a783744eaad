from allauth.mfa import app_settings as mfa_settings
from allauth.mfa.models import Authenticator
from django.db import transaction

from accounts.models import User

# Value of allauth's used_mask, one bit per code, when all codes are used.
ALL_CODES = (1 << mfa_settings.RECOVERY_CODE_COUNT) - 1
# Characters, including separators between the digits.
MAX_CODE_LENGTH = 30


def has_no_codes_left(person: User) -> bool:
    """Whether the person has recovery codes, and all of them are used."""
    codes = person.authenticator_set.filter(type=Authenticator.Type.RECOVERY_CODES).first()
    return bool(codes) and codes.data.get("used_mask") == ALL_CODES


def invalidate_codes(person: User):
    """Mark all codes as used. After a reset by one code of a stolen list, no other code passes the second factor."""
    with transaction.atomic():
        for codes in person.authenticator_set.select_for_update().filter(type=Authenticator.Type.RECOVERY_CODES):
            codes.data["used_mask"] = ALL_CODES
            codes.save(update_fields=["data"])
