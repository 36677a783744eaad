"""All errors of a form are in one list at the top of its page, to which the page's script moves the focus."""

import re
from html import unescape
from pathlib import Path

import pytest
from django import forms
from django.conf import settings
from django.template.loader import render_to_string
from django.test import Client
from django.urls import reverse
from pytest_django.asserts import assertContains

from accounts.tests.codes import confirm_by_password, switch_on
from accounts.tests.factories import PASSWORD
from brainlog.tests.html import Page
from logs.tests.factories import MORNING_DOSE, taken
from logs.tests.pages import check_in_url

TEMPLATES = Path(settings.BASE_DIR) / "templates"
# It repeats an error beside its field, as brainlog.forms.BoundField does.
SHOW_ERRORS = {"logs/_doses.html"}


def errors_on(html: str) -> list[str]:
    """The texts of the list that gets the focus."""
    [attributes] = [attributes for tag, attributes in Page(html).elements if "errors" in attributes.get("class", "")]
    assert attributes["role"] == "alert"
    assert "autofocus" in attributes
    [found] = re.findall(r'<div class="errors".*?</div>', html, re.DOTALL)
    listed = re.findall("<li>.*?</li>", found, re.DOTALL)
    return [" ".join(unescape(re.sub("<[^>]*>", "", text)).split()) for text in listed]


def test_no_other_template_writes_errors():
    written = re.compile(r"{{[^}]*errors")

    found = {str(path.relative_to(TEMPLATES)) for path in TEMPLATES.rglob("*.html") if written.search(path.read_text())}

    assert found == SHOW_ERRORS


def test_a_page_of_one_button_lists_its_errors(as_person):
    confirm_by_password(as_person)

    response = as_person.post(reverse("accounts:recovery_codes_new"))

    assert errors_on(response.content.decode()) == [*response.context["form"].non_field_errors()]


def test_too_many_doses_are_listed_with_a_link_to_them(as_person):
    response = as_person.post(check_in_url("medication"), taken(*[MORNING_DOSE] * 7))

    listed = ["Please look at the doses again.", "Doses: A day has room for 6 doses."]
    assert errors_on(response.content.decode()) == listed
    assertContains(response, '<a href="#field-doses">Doses</a>')


def test_the_code_page_lists_what_is_wrong_with_a_passkey(person):
    client = Client()
    client.force_login(person)
    switch_on(client)
    client = Client()
    client.post(reverse("accounts:login"), {"username": person.username, "password": PASSWORD})

    response = client.post(reverse("accounts:code"), {"credential": "{}"})

    assert errors_on(response.content.decode()) == response.context["webauthn_form"].errors["credential"]
    assertContains(response, 'name="credential"', 1)


@pytest.mark.parametrize(("chosen", "errors"), [("1", ["It is your only way in."]), ("", ["Account: Choose one."])])
def test_the_page_of_accounts_elsewhere_lists_its_errors(rf, person, chosen, errors):
    class Disconnect(forms.Form):
        accounts = ()
        account = forms.ChoiceField(choices=[("1", "1")], error_messages={"required": "Choose one."})

        def clean(self):
            if self.cleaned_data.get("account"):
                raise forms.ValidationError("It is your only way in.")

    request = rf.get("/accounts/external/")
    request.user = person

    html = render_to_string("accounts/external.html", {"form": Disconnect({"account": chosen})}, request)

    assert errors_on(html) == errors
    assert 'id="field-account"' in html
