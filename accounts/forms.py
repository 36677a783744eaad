import datetime
from typing import ClassVar

import allauth.account.forms
from allauth.core import context
from django import forms
from django.contrib.auth.forms import (
    BaseUserCreationForm,
    PasswordChangeForm as DjangoPasswordChangeForm,
    SetPasswordForm,
    UsernameField,
)
from django.db import IntegrityError, transaction
from django.utils.formats import time_format
from django.utils.translation import gettext_lazy as _

from accounts import passwords, rate_limits
from accounts.models import User
from accounts.zone_field import ZoneField
from brainlog.forms import Pills, limit_length, require_whole_characters


class PasswordLengthMixin:
    """Adds a maximum length to the passwords of a form of Django or allauth, checked before they are hashed."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            if isinstance(field.widget, forms.PasswordInput) and field.max_length is None:
                limit_length(field, passwords.MAX_LENGTH)


class LoginForm(allauth.account.forms.LoginForm):
    """allauth's login form with the field names of Django's, which password managers recognise."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields = {
            "username": UsernameField(
                label=_("Username"), max_length=150, widget=forms.TextInput(attrs={"autofocus": True})
            ),
            "password": forms.CharField(
                label=_("Password"),
                strip=False,
                widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
            ),
        }

        limit_length(self.fields["password"], passwords.MAX_LENGTH)

    def clean(self):
        self.cleaned_data["login"] = self.cleaned_data.get("username")
        return super().clean()


class SignUpForm(PasswordLengthMixin, BaseUserCreationForm):
    # static/js/timezone.js fills in the browser's time zone; without it, the person does.
    timezone = ZoneField(attrs={"data-browser-timezone": ""}, initial="")

    class Meta(BaseUserCreationForm.Meta):
        model = User
        fields = ("username", "email", "timezone")
        widgets = {"email": forms.EmailInput(attrs={"autocomplete": "email"})}

    field_order = ("username", "password1", "password2", "email", "timezone")

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["username"].help_text = _("Anything you like: letters, digits and @ . + - _")
        self.fields["password1"].help_text = _("At least 8 characters, and not one that many people use.")
        self.fields["password2"].help_text = ""
        self.fields["password2"].label = _("The password again")

    def save(self, commit=True):
        """Create the person. Returns None, with an error on the form, if the name was taken just now."""
        try:
            with transaction.atomic():
                return super().save(commit)
        except IntegrityError:
            self.add_error("username", User.username_taken_error())
            return None


class NewPasswordForm(PasswordLengthMixin, SetPasswordForm):
    """A new password without the old one: for a reset, or a person without a password."""


class PasswordReauthenticationForm(PasswordLengthMixin, allauth.account.forms.ReauthenticateForm):
    """Reauthentication by password."""


class PasswordChangeForm(PasswordLengthMixin, DjangoPasswordChangeForm):
    def clean_old_password(self):
        rate_limits.consume_for_person(rate_limits.PASSWORD_AGAIN, context.request, self.user)
        return super().clean_old_password()


class ProfileForm(forms.ModelForm):
    timezone = ZoneField()
    day_ends_at = forms.TypedChoiceField(label=_("My day ends at"), coerce=int)

    class Meta:
        model = User
        fields = (
            *("display_name", "timezone", "day_ends_at", "hour_format", "date_format", "week_starts_on"),
            *("theme", "screen_lock_minutes", "is_offered_help"),
        )
        widgets = {
            "display_name": forms.TextInput(attrs={"autocomplete": "nickname"}),
            "hour_format": Pills,
            "date_format": Pills,
            "week_starts_on": Pills,
            "theme": Pills,
        }

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["day_ends_at"].choices = [
            (hour, time_format(datetime.time(hour), "TIME_FORMAT")) for hour in range(User.LATEST_DAY_END + 1)
        ]
        self.fields["display_name"].validators.append(require_whole_characters)
        for field in self.fields.values():
            if isinstance(field, forms.ChoiceField):
                # Django's message repeats the submitted value.
                field.error_messages["invalid_choice"] = _("Choose one of the answers offered.")
        self.fields["day_ends_at"].help_text = User._meta.get_field("day_ends_at").help_text

    @transaction.atomic
    def save(self, commit=True):
        self.instance.save(update_fields=[*self._meta.fields, "updated_at"])
        if "day_ends_at" in self.changed_data:
            self.instance.day_end_changed()
        return self.instance


class ZoneForm(forms.ModelForm):
    timezone = ZoneField()

    class Meta:
        model = User
        fields = ("timezone",)

    def save(self, commit=True):
        self.instance.save(update_fields=["timezone", "updated_at"])
        return self.instance


class PauseForm(forms.Form):
    """For how long notices and hints are paused."""

    DAYS: ClassVar = {"day": 1, "week": 7, "month": 30}
    pause = forms.ChoiceField(
        choices=[
            ("day", _("For a day")),
            ("week", _("For a week")),
            ("month", _("For a month")),
            ("good", _("For good")),
            ("resume", _("Show them again")),
        ]
    )

    def until(self, today: datetime.date) -> datetime.date | None:
        """The day on which they are back, or None if that is now."""
        pause = self.cleaned_data["pause"]
        if pause in self.DAYS:
            return today + datetime.timedelta(days=self.DAYS[pause])
        return User.FOR_GOOD if pause == "good" else None


class UsernameConfirmationForm(forms.Form):
    """Confirmation of an irreversible action by typing one's own username."""

    username = forms.CharField(
        label=_("Your username"),
        max_length=User._meta.get_field("username").max_length,
        help_text=_("Type it to confirm that you mean it."),
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "none"}),
    )

    def __init__(self, *args, user, **kwargs):
        super().__init__(*args, **kwargs)
        self.user = user

    def clean_username(self):
        username = self.cleaned_data["username"]
        if User.make_username_key(username) != self.user.username_key:
            raise forms.ValidationError(_("That is not your username."), code="wrong_name")
        return username


class DeleteAccountForm(PasswordLengthMixin, UsernameConfirmationForm):
    password = forms.CharField(
        label=_("Your password"), strip=False, widget=forms.PasswordInput(attrs={"autocomplete": "current-password"})
    )

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if not self.user.has_usable_password():
            del self.fields["password"]  # The page requires reauthentication by a passkey or a code.

    def clean_password(self):
        password = self.cleaned_data["password"]
        rate_limits.consume_for_person(rate_limits.PASSWORD_AGAIN, context.request, self.user)
        if not self.user.check_password(password):
            raise forms.ValidationError(_("That is not your password."), code="wrong_password")
        return password
