"""Plain words for the errors that Django's fields and validators report, for all forms."""

from django import forms
from django.contrib.auth.validators import ASCIIUsernameValidator, UnicodeUsernameValidator
from django.core import validators
from django.utils.translation import gettext_lazy as _, ngettext_lazy

CHOOSE = _("Choose one of the answers offered.")

FIELDS = {
    forms.Field: {"required": _("Please fill this in.")},
    forms.IntegerField: {"invalid": _("Write a whole number, such as 7.")},
    forms.DecimalField: {"invalid": _("Write a number, such as 7.5.")},
    forms.DateField: {"invalid": _("Write a date, such as 2026-05-04.")},
    forms.TimeField: {"invalid": _("Write a time, such as 8:15 or 20:15.")},
    forms.ChoiceField: {"required": _("Please choose one."), "invalid_choice": CHOOSE},
    forms.MultipleChoiceField: {
        "required": _("Please choose one."),
        "invalid_choice": CHOOSE,
        "invalid_list": CHOOSE,
    },
    forms.URLField: {"invalid": _("Write an address, such as https://example.org.")},
    forms.ModelChoiceField: {"invalid_choice": CHOOSE},
}
VALIDATORS = {
    validators.MinValueValidator: _("Write %(limit_value)s or more."),
    validators.MaxValueValidator: _("Write %(limit_value)s or less."),
    validators.StepValueValidator: _("Write a multiple of %(limit_value)s."),
    validators.MinLengthValidator: ngettext_lazy(
        "Please write at least %(limit_value)d character.",
        "Please write at least %(limit_value)d characters.",
        "limit_value",
    ),
    validators.MaxLengthValidator: ngettext_lazy(
        "Please keep this to %(limit_value)d character; these are %(show_value)d.",
        "Please keep this to %(limit_value)d characters; these are %(show_value)d.",
        "limit_value",
    ),
    validators.ProhibitNullCharactersValidator: _("This text has a character that cannot be stored. Please retype it."),
    validators.EmailValidator: _("Please check this address. It should look like name@example.org."),
    ASCIIUsernameValidator: _("Please use only letters, digits and @ . + - _"),
    UnicodeUsernameValidator: _("Please use only letters, digits and @ . + - _"),
}
DIGITS = {
    "max_digits": ngettext_lazy("Write at most %(max)s digit.", "Write at most %(max)s digits.", "max"),
    "max_decimal_places": ngettext_lazy(
        "Write at most %(max)s digit after the point.", "Write at most %(max)s digits after the point.", "max"
    ),
    "max_whole_digits": ngettext_lazy(
        "Write at most %(max)s digit before the point.", "Write at most %(max)s digits before the point.", "max"
    ),
}


def use_plain_error_messages():
    """Replace Django's messages. Called once, before any form of the project is defined."""
    for field, messages in FIELDS.items():
        field.default_error_messages = field.default_error_messages | messages
    for validator, message in VALIDATORS.items():
        validator.message = message
    validators.DecimalValidator.messages = validators.DecimalValidator.messages | DIGITS
    # Imported here, since it defines forms.
    from django.contrib.auth.forms import SetPasswordMixin

    SetPasswordMixin.error_messages = SetPasswordMixin.error_messages | {
        "password_mismatch": _("The two passwords differ. Please type the same one twice.")
    }
