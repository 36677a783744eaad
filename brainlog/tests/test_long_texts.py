"""Long texts sent to everything that normalizes, matches, hashes or repeats them: the work is bounded."""

import importlib
import re
import unicodedata
from types import ModuleType

import pytest
from allauth.core import context
from django import forms
from django.conf import settings
from django.contrib import admin
from django.contrib.auth import hashers
from django.test import Client, RequestFactory
from django.utils.module_loading import import_string

from accounts import passwords
from accounts.models import Invitation, User
from accounts.tests.codes import confirm_by_password
from accounts.tests.factories import PASSWORD, make_person
from brainlog.forms import LONGEST_LINE, normalized
from logs.answer_form import CheckInForm
from logs.doses_field import DosesField
from logs.models import DailyLog, Dose
from logs.stages import STAGES
from logs.tests.factories import DAY, make_medication
from reflections.forms import ReflectionForm
from reflections.models import WeeklyReflection

pytestmark = [pytest.mark.once, pytest.mark.django_db]

ACCENTS = "a" + "\u0301\u0323" * 7_000
LONG = "x" * 60_000


@pytest.fixture
def maria():
    return make_person(username="maria", email="maria@example.org", is_staff=True, is_superuser=True)


@pytest.fixture
def as_maria(maria):
    client = Client()
    client.force_login(maria)
    confirm_by_password(client)
    return client


@pytest.fixture
def normalised(monkeypatch) -> list[int]:
    """Collects the lengths of all normalised texts."""
    lengths, normalize = [], unicodedata.normalize

    def counted(form, text):
        lengths.append(len(text))
        return normalize(form, text)

    monkeypatch.setattr(unicodedata, "normalize", counted)
    return lengths


@pytest.fixture
def hashed(monkeypatch) -> list[int]:
    """Collects the lengths of all hashed passwords."""
    lengths, encode = [], hashers.MD5PasswordHasher.encode

    def counted(self, password, salt):
        lengths.append(len(password))
        return encode(self, password, salt)

    monkeypatch.setattr(hashers.MD5PasswordHasher, "encode", counted)
    return lengths


# Person, URL, and the names of fields; other fields get valid values.
PLACES = [
    ("visitor", "/accounts/login/", {"username": "maria", "password": PASSWORD, "next": "/logs/"}),
    ("visitor", "/accounts/signup/", {"email": "a@example.org", "timezone": "UTC", "invitation": "x"}),
    ("visitor", "/accounts/signup/", {"username": "new", "password1": PASSWORD, "password2": PASSWORD}),
    ("visitor", "/accounts/reset/", {"email": "a@example.org"}),
    ("visitor", "/accounts/reset/code/", {"username": "maria", "code": "1", "new_password1": "q" * 12}),
    ("visitor", "/accounts/login/passkey/", {"credential": "{}", "next": "/logs/"}),
    ("maria", "/accounts/delete/", {"username": "unknown", "password": PASSWORD}),
    ("maria", "/accounts/data/wipe/", {"username": "unknown"}),
    ("maria", "/accounts/email/", {"email": "a@example.org"}),
    ("maria", "/accounts/confirm/", {"password": PASSWORD, "next": "/logs/"}),
    ("maria", "/accounts/security/", {"old_password": PASSWORD, "new_password1": "q" * 12, "new_password2": "q" * 12}),
    ("maria", "/accounts/second-factor/app/", {"code": "123456"}),
    (
        "maria",
        "/accounts/profile/",
        {
            "display_name": "M",
            "timezone": "UTC",
            "theme": "dark",
            "week_starts_on": "monday",
            "hour_format": "24",
            "date_format": "iso",
            "day_ends_at": "3",
            "screen_lock_minutes": "",
        },
    ),
    (
        "maria",
        "/logs/questions/new/",
        {
            **{"label": "Q", "kind": "choice", "check_in": "week", "direction": "better", "asked": "first"},
            **{"ends_low": "a", "unit": "a", "least": "1", "most": "5", "step": "2", "choices": "a\nb"},
        },
    ),
    ("maria", "/logs/questions/gallery/", {"entry": "water"}),
    ("maria", "/accounts/passkeys/add/", {"name": "Phone", "credential": "{}"}),
    ("maria", "/admin/accounts/user/add/", {"username": "new", "password1": PASSWORD, "password2": PASSWORD}),
    ("maria", "/admin/accounts/invitation/add/", {"note": "x"}),
    ("maria", "/admin/auth/group/add/", {"name": "x"}),
]
# A form with a person's own words comes back with them, to be shortened.
SHOW_AGAIN = ("/admin/", "/logs/questions/")
EACH_FIELD = [
    pytest.param(who, path, fields, name, id=f"{path} {name}") for who, path, fields in PLACES for name in fields
]


@pytest.mark.matrix
@pytest.mark.parametrize(("who", "path", "fields", "name"), EACH_FIELD)
@pytest.mark.parametrize("text", [ACCENTS, LONG], ids=["accents", "a long text"])
def test_long_values_of_a_field_cost_little(
    as_maria, client, normalised, hashed, mailoutbox, settings, who, path, fields, name, text
):
    settings.HAS_EMAIL = True
    browser = as_maria if who == "maria" else client
    normalised.clear(), hashed.clear()

    response = browser.post(path, fields | {name: text})

    assert response.status_code in {200, 302, 400, 404}
    assert max(normalised, default=0) <= LONGEST_LINE
    assert max(hashed, default=0) <= passwords.MAX_LENGTH
    assert text[:2_000] not in response.content.decode() or path.startswith(SHOW_AGAIN)
    assert len(response.get("Location", "")) <= LONGEST_LINE + 100
    assert User.objects.filter(username="maria").exists()


@pytest.mark.matrix
@pytest.mark.parametrize(
    "query",
    [
        *(
            "/admin/accounts/user/?q=",
            "/admin/logs/dailylog/?q=",
            "/accounts/login/?next=",
            "/accounts/signup/?invitation=",
        ),
        *("/logs/?month=", "/logs/?page=", "/accounts/events/?page=", "/reflections/other/?day="),
        "/admin/autocomplete/?app_label=logs&model_name=dailylog&field_name=user&term=",
    ],
)
@pytest.mark.parametrize("text", [ACCENTS, "9" * 5_000, "x " * 2_000], ids=["accents", "digits", "words"])
def test_long_urls_cost_little(as_maria, client, normalised, query, text):
    for browser in (as_maria, client):
        response = browser.get(f"{query}{text}")
        assert response.status_code in {200, 302, 400, 404}

    assert max(normalised, default=0) <= LONGEST_LINE


@pytest.mark.parametrize(
    "headers",
    [
        {"accept-language": "de-" + "a" * 8_000},
        {"accept-language": "de," * 2_700},
        {"user-agent": ACCENTS},
        {"x-forwarded-for": "1.2.3.4, " * 900},
        {"x-forwarded-for": "1" * 8_000},
        {"x-forwarded-for": ":" * 8_000},
        {"x-request-id": "a" * 8_000},
        {"cookie": f"sessionid={'a' * 8_000}"},
        {"cookie": f"messages={'a' * 8_000}; known_browser={'a' * 100}; csrftoken={'a' * 100}"},
        {"cookie": "a=b; " * 1_600},
        {"authorization": "Bearer " + "a" * 8_000},
    ],
    ids=lambda headers: str(headers)[:40],
)
def test_long_headers_cost_little(client, settings, normalised, headers):
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = 1

    response = client.post("/accounts/login/", {"username": "maria", "password": "wrong"}, headers=headers)

    assert response.status_code in {200, 403}
    assert max(normalised, default=0) <= LONGEST_LINE


def test_names_are_normalized_up_to_a_length(normalised):
    assert normalized("ﬀ" * LONGEST_LINE) == "ff" * LONGEST_LINE
    assert User.make_username_key(ACCENTS) == User.make_username_key(ACCENTS)
    assert User.normalize_username(ACCENTS) == ACCENTS
    assert max(normalised) <= LONGEST_LINE


def test_the_length_of_a_domain_is_checked_before_idna_encoding(client, settings, monkeypatch):
    """That function normalises with its own tables, which `normalised` does not observe."""
    settings.HAS_EMAIL = True
    lengths = []
    monkeypatch.setattr("accounts.models.user.punycode", lambda domain: lengths.append(len(domain)) or domain)

    for domain in ("example.org", f"{ACCENTS}.example", f"{'x' * 300}.{'y' * 300}"):
        client.post("/accounts/reset/", {"email": f"maria@{domain}"})

    assert lengths == [len("example.org")]


def test_malformed_invitations_are_not_looked_up(django_assert_num_queries):
    with django_assert_num_queries(0):
        assert not Invitation.usable("x" * 101).exists()


# Numbers and times of a check-in


@pytest.mark.matrix
@pytest.mark.parametrize(
    "text", ["9" * 100_000, " " * 100_000 + "7", "1e999999", "7:" + "0" * 50_000, "7" + " " * 90_000]
)
@pytest.mark.parametrize(
    ("stage", "name"),
    [("morning", "sleep_hours"), ("medication", "doses-0-amount"), ("medication", "doses-0-taken_at")],
)
def test_the_length_of_numbers_and_times_is_checked_before_parsing(as_maria, monkeypatch, stage, name, text):
    lengths, fullmatch = [], re.fullmatch
    monkeypatch.setattr(
        re, "fullmatch", lambda regex, value, *flags: lengths.append(len(value)) or fullmatch(regex, value, *flags)
    )
    doses = {"doses-TOTAL_FORMS": "1", "doses-INITIAL_FORMS": "0", "medication_taken": "true"}

    response = as_maria.post(f"/logs/{DAY}/{stage}/", doses | {name: text})

    assert response.status_code == 200
    assert max(lengths, default=0) <= LONGEST_LINE
    assert not DailyLog.objects.exclude(sleep_hours=None).exists()
    assert not Dose.objects.exists()


def test_long_answers_stay_on_the_page(as_maria):
    make_medication(User.objects.get(username="maria"))
    for stage, name in (("morning", "breakfast"), ("evening", "gratitude")):
        page = as_maria.post(f"/logs/{DAY}/{stage}/", {name: LONG}).content.decode()
        assert LONG in page


# All forms


def forms_of(module: ModuleType) -> list[type]:
    return [
        each
        for each in vars(module).values()
        if isinstance(each, type) and issubclass(each, forms.BaseForm) and each.__module__ == module.__name__
    ]


def all_forms(request) -> dict[str, forms.BaseForm]:
    """An instance of each form: ours, those of allauth in our pages, and those of the admin."""
    person = request.user = User.objects.get(username="maria")
    request.session, found = {}, {}
    ours = [
        "accounts.forms",
        "accounts.email_address",
        "accounts.passkeys",
        "accounts.password_reset",
        "accounts.second_factor",
        "accounts.social_login",
        "logs.forms",
        "logs.dose_form",
        "logs.own_question_form",
    ]
    classes = [form for name in ours for form in forms_of(importlib.import_module(name))]
    classes += [import_string(path) for path in (*settings.MFA_FORMS.values(), *settings.ACCOUNT_FORMS.values())]
    for each in classes:
        found[each.__name__] = made(each, request, person)
    for stage in STAGES:
        found[f"CheckInForm {stage}"] = CheckInForm(stage, DailyLog(user=person, date=DAY))
    found["ReflectionForm"] = ReflectionForm(WeeklyReflection(user=person, week_start=DAY))
    for model, model_admin in admin.site._registry.items():
        if not model_admin.has_change_permission(request):
            continue  # For looking.
        for row in (None, model()):
            request.resolver_match = type("Match", (), {"url_name": "x_change"})
            form = model_admin.get_form(request, row, change=row is not None)
            found[f"admin {model.__name__} {bool(row)}"] = form(instance=row) if row else form()
    found["admin password"] = admin.site._registry[User].change_password_form(person)
    found["admin search"] = admin.site._registry[User].get_changelist(request).search_form_class({})
    return {name: form for name, form in found.items() if form is not None}


def made(form_class, request, person):
    sociallogin = type("SocialLogin", (), {"user": User()})
    ways = [
        {"user": person},
        {"request": request},
        {"sociallogin": sociallogin},
        {"doses_field": DosesField(DailyLog(user=person, date=DAY))},
        {},
    ]
    for options in ways:
        try:
            form = form_class(**options)
        except (TypeError, AttributeError, KeyError, ValueError):
            continue
        return form
    return None


def test_every_text_field_has_a_maximum_length(as_maria):
    request = RequestFactory().get("/")
    with context.request_context(request):
        found = all_forms(request)
    without = []
    for name, form in found.items():
        without += [
            f"{name}.{field_name}"
            for field_name, field in form.fields.items()
            if isinstance(field, forms.CharField) and not field.max_length
        ]

    assert without == []
    names = "LoginForm SignUpForm NewPasswordForm PasswordReauthenticationForm PasswordChangeForm ProfileForm"
    names += " UsernameConfirmationForm DeleteAccountForm EmailForm ResetForm ResetByCodeForm"
    names += " CodeForm CodeReauthenticationForm ActivateAppForm AddPasskeyForm PasskeyLoginForm SocialSignUpForm"
    names += " DoseForm OwnQuestionForm ReflectionForm"
    names = [*names.split(), *(f"CheckInForm {stage}" for stage in STAGES)]
    assert set(names) <= found.keys()
