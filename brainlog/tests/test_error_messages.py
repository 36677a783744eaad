"""No form of the site answers in Django's own words."""

from decimal import Decimal

import pytest
from django import forms
from django.contrib.admin.forms import AdminAuthenticationForm
from django.contrib.auth.forms import AdminPasswordChangeForm
from django.core import validators
from django.core.exceptions import ValidationError
from django.urls import get_resolver
from django.utils import translation

from accounts.models import User

pytestmark = pytest.mark.once

# Words of Django's and allauth's that sound like a machine.
STIFF = ("Ensure", "Enter a", "This field", "valid choice", "not allowed", "cannot be null", "cannot be blank")
# Of the admin's own forms, and of fields that people do not fill in themselves.
NOT_OF_PEOPLE = {"UserChangeForm", "AdminUserCreationForm", "AddPersonForm", "ManagementForm"}
BY_SCRIPT = {"credential"}


def forms_of_the_project() -> set[type]:
    get_resolver().url_patterns  # noqa: B018 (imports all views)
    found, open_ones = set(), [forms.BaseForm]
    while open_ones:
        each = open_ones.pop()
        open_ones += each.__subclasses__()
        if not each.__module__.startswith("django.") and each.__name__ not in NOT_OF_PEOPLE:
            found.add(each)
    return found


def test_no_field_of_people_has_a_stiff_message():
    stiff = {
        f"{form.__name__}.{name}": str(message)
        for form in forms_of_the_project()
        for name, field in getattr(form, "base_fields", {}).items()
        for code, message in field.error_messages.items()
        if name not in BY_SCRIPT and (field.required or code != "required") and str(message).startswith(STIFF)
    }

    assert stiff == {}
    assert len(forms_of_the_project()) > 15


@pytest.mark.matrix
@pytest.mark.parametrize(
    ("field", "sent", "message"),
    [
        (forms.CharField(), "", "Please fill this in."),
        (forms.CharField(max_length=3), "four", "Please keep this to 3 characters; these are 4."),
        (forms.CharField(min_length=3), "a", "Please write at least 3 characters."),
        (forms.CharField(), "a\0", "This text has a character that cannot be stored. Please retype it."),
        (forms.IntegerField(), "x", "Write a whole number, such as 7."),
        (forms.IntegerField(max_value=24), "25", "Write 24 or less."),
        (forms.IntegerField(min_value=1), "0", "Write 1 or more."),
        (forms.DecimalField(max_digits=3), "1234", "Write at most 3 digits."),
        (forms.DecimalField(decimal_places=1), "1.25", "Write at most 1 digit after the point."),
        (forms.DecimalField(max_digits=3, decimal_places=1), "123", "Write at most 2 digits before the point."),
        (forms.DecimalField(step_size=Decimal("0.5")), "0.7", "Write a multiple of 0.5."),
        (forms.DateField(), "tomorrow", "Write a date, such as 2026-05-04."),
        (forms.TimeField(), "late", "Write a time, such as 8:15 or 20:15."),
        (forms.EmailField(), "me", "Please check this address. It should look like name@example.org."),
        (forms.ChoiceField(choices=[("a", "a")]), "b", "Choose one of the answers offered."),
        (forms.MultipleChoiceField(choices=[("a", "a")]), ["b"], "Choose one of the answers offered."),
    ],
)
@pytest.mark.parametrize("language", ["en", "en-gb"])
def test_what_django_finds_wrong_is_said_plainly(field, sent, message, language):
    with translation.override(language), pytest.raises(ValidationError) as refused:
        field.clean(sent)

    assert refused.value.messages == [message]


def test_a_username_and_two_passwords():
    with pytest.raises(ValidationError) as refused:
        User.username.field.run_validators("a b")
    assert refused.value.messages == ["Please use only letters, digits and @ . + - _"]

    form = AdminPasswordChangeForm(User(username="maria"), {"password1": "correct-horse", "password2": "battery"})
    assert form.errors["password2"] == ["The two passwords differ. Please type the same one twice."]


def test_only_messages_are_replaced():
    """The admin logs in by the same form, and validators keep their codes."""
    assert AdminAuthenticationForm.error_messages["invalid_login"]
    assert validators.MaxValueValidator.code == "max_value"
