from django import forms
from django.contrib.auth.password_validation import CommonPasswordValidator
from django.core.exceptions import ValidationError
from django.core.validators import MaxLengthValidator, MinLengthValidator
from django.utils.translation import gettext_lazy as _

from brainlog.forms import is_blank
from insights.models import ReportLink
from insights.models.links import comparable

LONGEST_PASSPHRASE = 200


class LinkForm(forms.Form):
    """For how long a link works, which has no preset, and the passphrase that it asks for, if any."""

    days = forms.IntegerField(
        label=_("For how many days does it work?"),
        min_value=1,
        max_value=ReportLink.MOST_DAYS,
        help_text=_("From 1 to %(most)s. You can end it at any time before.") % {"most": ReportLink.MOST_DAYS},
        widget=forms.NumberInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
    )
    passphrase = forms.CharField(
        label=_("Passphrase (optional)"),
        required=False,
        max_length=LONGEST_PASSPHRASE,
        validators=[MinLengthValidator(8, _("Please use at least 8 characters."))],
        help_text=_("The reader has to type it. Give it to them in another way than the address, such as by phone."),
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "none", "spellcheck": "false"}),
    )

    def clean_passphrase(self):
        text = self.cleaned_data["passphrase"]
        if is_blank(text):
            return ""
        text = comparable(text)
        try:
            CommonPasswordValidator().validate(text)
        except ValidationError as error:
            raise ValidationError(_("Many people use this one, so it is guessed first. Please use another.")) from error
        return text


class PassphraseForm(forms.Form):
    """The passphrase of a link, as its reader types it."""

    passphrase = forms.CharField(
        label=_("Passphrase"),
        validators=[MaxLengthValidator(LONGEST_PASSPHRASE)],
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "none", "spellcheck": "false"}),
        error_messages={"required": _("Please type the passphrase.")},
    )

    def reject(self):
        self.add_error("passphrase", _("This is not the passphrase. Please compare it with what you were given."))
