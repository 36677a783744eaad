"""Malformed parameters of admin URLs: 400, 404 or a redirect to the list, never a server error."""

from itertools import cycle, islice
from urllib.parse import quote, urlencode

import pytest
from django.contrib import admin
from django.contrib.admin.utils import quote as quote_key
from django.db import transaction
from django.urls import reverse

from accounts.tests.factories import make_person
from brainlog.admin import LONGEST_SEARCH
from logs.tests.factories import make_dose, make_full_log, make_medication
from reflections.tests.factories import make_reflection

pytestmark = [pytest.mark.django_db, pytest.mark.thorough_on_sqlite]

NUMBERS = ["0", "-1", "1.5", "nan", "٣", "２０２６", "9999", "9" * 14, "9" * 19, "-" + "9" * 40, "9" * 5000]
TEXTS = ["", "x", "1\0", "0001-01-01", "9999-12-31", "2026-02-30", "1--1", "💥", "a " * 1500]
VALUES = NUMBERS + TEXTS
PARAMETERS = ["p", "q", "o", "e", "all", "_popup", "_to_field", "id"]
DATES = [f"__{part}" for part in ("year", "month", "day", "gte", "lt", "isnull")]

each_model = pytest.mark.parametrize("model", admin.site._registry, ids=lambda model: model._meta.model_name)


@pytest.fixture
def superuser(client):
    client.force_login(make_person(username="staff", is_staff=True, is_superuser=True))
    client.raise_request_exception = False
    person = make_person()
    make_dose(make_full_log(person), make_medication(person))
    make_reflection(person)
    return client


def address_of(model, page: str, *arguments) -> str:
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{page}", args=arguments)


def is_answered(client, address: str) -> bool:
    with transaction.atomic():
        response = client.get(address)
    assert response.status_code in {200, 302, 400, 403, 404}, address[:200]
    # Redirects lead to the list without parameters.
    return response.status_code != 302 or response.url.partition("?")[2] in {"", "e=1"}


def parameters_of(model) -> list[str]:
    model_admin = admin.site._registry[model]
    columns = [each for each in model_admin.list_filter if isinstance(each, str)]
    others = [each.parameter_name for each in model_admin.list_filter if not isinstance(each, str)]
    hierarchy = model_admin.date_hierarchy
    dates = [f"{hierarchy}{kind}" for kind in DATES] if hierarchy else []
    return [*PARAMETERS, *sorted({*(f"{name}__exact" for name in columns), *columns, *others, *dates})]


@pytest.mark.thorough
@each_model
def test_any_value_of_a_parameter_of_a_list(superuser, subtests, model):
    path = address_of(model, "changelist")

    for name in parameters_of(model):
        for value in VALUES:
            with subtests.test(name, value=value[:20]):
                assert is_answered(superuser, f"{path}?{urlencode({name: value})}")


@each_model
def test_some_values_of_a_parameter_of_a_list(superuser, subtests, model):
    """Each parameter gets a few of the values, so that all values are used over all parameters."""
    path, values = address_of(model, "changelist"), cycle(VALUES)

    for name in parameters_of(model):
        for value in islice(values, 3):
            with subtests.test(name, value=value[:20]):
                assert is_answered(superuser, f"{path}?{urlencode({name: value})}")


@pytest.mark.thorough
@each_model
def test_any_value_besides_a_year(superuser, model):
    """The list combines them to a date."""
    path, hierarchy = address_of(model, "changelist"), admin.site._registry[model].date_hierarchy
    if not hierarchy:
        return

    for year in ("2026", "9999", "9" * 14):
        for value in ("12", "31", *NUMBERS):
            for others in (["month"], ["day"], ["month", "day"]):
                sent = {f"{hierarchy}__{part}": value for part in others} | {f"{hierarchy}__year": year}
                assert is_answered(superuser, f"{path}?{urlencode(sent)}")


@each_model
def test_several_values_of_a_parameter(superuser, model):
    path = address_of(model, "changelist")

    for name in parameters_of(model):
        assert is_answered(superuser, f"{path}?{urlencode([(name, '9' * 40), (name, '1'), (name, 'x')])}")


@pytest.mark.matrix
@each_model
@pytest.mark.parametrize("page", ["change", "history", "delete"])
def test_any_key_of_a_row(superuser, model, page):
    for value in VALUES:
        if value and value != ".":
            superuser_answer = superuser.get(address_of(model, page, quote(quote_key(value))))
            assert superuser_answer.status_code in {200, 302, 403, 404}, value[:50]


def test_any_key_of_a_person_whose_password_is_changed(superuser):
    for value in VALUES:
        if value and value != ".":
            response = superuser.get(f"/admin/accounts/user/{quote(value, safe='')}/password/")
            assert response.status_code in {200, 302, 403, 404}, value[:50]


@pytest.mark.parametrize("name", ["term", "app_label", "model_name", "field_name", "page"])
def test_any_value_of_an_autocomplete_parameter(superuser, name):
    known = {"app_label": "logs", "model_name": "dailylog", "field_name": "user", "term": "person"}

    for value in VALUES:
        response = superuser.get(f"{reverse('admin:autocomplete')}?{urlencode(known | {name: value})}")
        assert response.status_code in {200, 403, 404}, value[:50]


@pytest.mark.parametrize("year", ["9" * 14, "9999", "0", "-1"])
def test_an_invalid_year_redirects_to_the_list(superuser, year):
    response = superuser.get(f"/admin/logs/dailylog/?date__year={year}", follow=True)

    assert response.status_code == 200
    assert response.request["QUERY_STRING"] == "e=1"


def test_the_length_of_a_search_is_limited(superuser):
    response = superuser.get(f"/admin/accounts/user/?{urlencode({'q': 'x' * (LONGEST_SEARCH + 1)})}")

    assert f"keep this to {LONGEST_SEARCH} characters" in response.content.decode()


@each_model
def test_an_empty_name_of_a_column_is_none(superuser, model):
    """In the body, where Django does not look whether the column may be asked for."""
    for page in ("change", "delete"):
        response = superuser.post(address_of(model, page, 0), {"post": "yes", "_to_field": ""})

        assert response.status_code in {302, 403, 404}
