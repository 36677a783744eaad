"""Validation of passwords that are easy to guess for those who know this site or the person."""

import re

from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

# In lower case and without separators. Listed in docs/accounts.md.
WORDS = ("brainlog", "mentalhealth", "diary", "journal")
MIN_OTHER_CHARACTERS = 8
# Digits of the longest phone numbers (E.164).
MAX_PHONE_DIGITS = 15
# Characters. Far above the required 64, and short enough to hash.
MAX_LENGTH = 1000


class GuessableValidator:
    """Refuses numbers as short as a date or a phone number, and names of this site with few other characters.

    Any other characters are accepted, also digits alone if there are enough of them.
    """

    def validate(self, password: str, user=None):
        """Raise ValidationError with the codes guessable_number or guessable_word."""
        if re.fullmatch(r"[\d\W_]+", password) and 0 < len(re.findall(r"\d", password)) <= MAX_PHONE_DIGITS:
            raise ValidationError(
                _("A date or a phone number is easily guessed. Please add a word or two."), code="guessable_number"
            )
        rest = plain = re.sub(r"[\W_]", "", password.casefold())
        for word in (*WORDS, *host_words()):
            rest = rest.replace(word, "")
        if rest != plain and len(rest) < MIN_OTHER_CHARACTERS:
            raise ValidationError(
                _("The name of this site is easily guessed. Please use other words, or more of them."),
                code="guessable_word",
            )

    def get_help_text(self) -> str:
        return _("It must not be a date or phone number, or the name of this site with little else.")


def host_words() -> set[str]:
    """Words of the host names of this site, without short ones such as www and org."""
    words = (re.sub(r"\W", "", word) for host in settings.ALLOWED_HOSTS for word in host.lower().split("."))
    return {word for word in words if len(word) > 3 and not word.isdecimal()}
