from allauth.mfa import app_settings as mfa_settings
from allauth.mfa.models import Authenticator
from django.db import transaction

from accounts.models import User

# What allauth stores of a list of recovery codes once each of them is used: a bit per code.
ALL_CODES = (1 << mfa_settings.RECOVERY_CODE_COUNT) - 1
# Characters, with spaces or signs between the digits.
MAX_CODE_LENGTH = 30


def has_no_codes_left(person: User) -> bool:
    codes = person.authenticator_set.filter(type=Authenticator.Type.RECOVERY_CODES).first()
    return bool(codes) and codes.data.get("used_mask") == ALL_CODES


def invalidate_codes(person: User):
    """Use up the whole list: one code of a stolen list resets the password, and no other passes the second factor."""
    with transaction.atomic():
        for codes in person.authenticator_set.select_for_update().filter(type=Authenticator.Type.RECOVERY_CODES):
            codes.data["used_mask"] = ALL_CODES
            codes.save(update_fields=["data"])
