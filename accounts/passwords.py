"""Passwords that are easily guessed by whoever knows the place, or the person."""

import re

from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

# Written small and without anything in between. docs/accounts.md names them.
WORDS = ("brainlog", "mentalhealth", "diary", "journal")
MIN_OTHER_CHARACTERS = 8
# The longest phone number there is.
MAX_PHONE_DIGITS = 15
# Characters. Far above what is asked for (64), and nothing to hash.
MAX_LENGTH = 1000


class GuessableValidator:
    """Refuses numbers as short as a date or a phone number, and words of this place with little else.

    Any characters may be used otherwise, digits alone too if there are enough of them.
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
                _("The name of this place is easily guessed. Please use other words, or more of them."),
                code="guessable_word",
            )

    def get_help_text(self) -> str:
        return _("It is no date or phone number, and not the name of this place with little else.")


def host_words() -> set[str]:
    """The words that the addresses of this server are made of, without short ones such as www and org."""
    words = (re.sub(r"\W", "", word) for host in settings.ALLOWED_HOSTS for word in host.lower().split("."))
    return {word for word in words if len(word) > 3 and not word.isdecimal()}
