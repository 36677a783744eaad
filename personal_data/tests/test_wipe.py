"""Deletion of everything that a person has logged, and of nothing else."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest
from django.apps import apps
from django.db import connection
from django.test import Client
from django.urls import reverse
from pytest_django.asserts import assertContains, assertRedirects

from accounts.models import User
from accounts.tests.codes import confirm_by_password
from accounts.tests.test_delete import make_person_with_everything, rows_of
from logs.tests.factories import DAY, MORNING_DOSE, NOON_DOSE, make_log, taken
from logs.tests.pages import check_in_url

URL, OVERVIEW = reverse("personal_data:wipe"), reverse("personal_data:overview")

# The apps that know about the account. What any other app has is what the person logged, but settings.
OF_THE_ACCOUNT = {"accounts", "account", "mfa", "socialaccount", "admin", "auth"}
SETTINGS = {"Plan", "Channel", "Feed"}


def of_the_account(counts: dict[str, int]) -> dict[str, int]:
    names = {model.__name__ for model in apps.get_models(include_auto_created=True)} & {
        model.__name__
        for app in OF_THE_ACCOUNT & {config.label for config in apps.get_app_configs()}
        for model in apps.get_app_config(app).get_models(include_auto_created=True)
    }
    names |= SETTINGS
    return {lookup: rows for lookup, rows in counts.items() if lookup.partition(".")[0] in names}


@pytest.fixture
def maria(db):
    return make_person_with_everything(username="Maria")


@pytest.fixture
def as_maria(client, maria):
    """A client in which Maria has just reauthenticated."""
    client.force_login(maria)
    confirm_by_password(client)
    return client


def test_it_requires_reauthentication(client, maria):
    client.force_login(maria)

    assertRedirects(client.post(URL, {"username": "Maria"}), f"{reverse('accounts:confirm')}?next={URL}")
    assert maria.daily_logs.exists()


def test_the_page_shows_what_will_be_deleted_and_deletes_nothing(as_maria, maria):
    before = rows_of(maria.pk)

    page = as_maria.get(URL)

    assertContains(
        page,
        "You have logged: 1 day, 1 medication, 1 weekly reflection, 2 questions of your own, 1 note of what happened, "
        "1 report.",
    )
    assert rows_of(maria.pk) == before


def test_everything_logged_is_deleted_and_the_account_stays(as_maria, maria):
    before = rows_of(maria.pk)
    assert all(before.values()), "make_person_with_everything must have a row in each table"
    stays = of_the_account(before)
    assert {"User.pk", "Session.user", "SecurityEvent.person"} <= stays.keys()
    logged = before.keys() - stays.keys()
    assert {"DailyLog.user", "Dose.medication__user", "WeeklyReflection.user", "OwnQuestion.user"} <= logged
    assert {"OwnAnswer.user", "OwnWeeklyAnswer.user", "QuestionSet.user", "Event.user", "HiddenDay.user"} <= logged
    assert {"Computation.user", "KeptFinding.user", "Guess.user"} <= logged

    as_maria.post(URL, {"username": "Maria"})

    stays["SecurityEvent.person"] += 1
    assert rows_of(maria.pk) == dict.fromkeys(before, 0) | stays
    assert maria.security_events.latest("at").kind == "wiped"


def test_nothing_of_others_is_deleted(as_maria):
    other = make_person_with_everything()
    before = rows_of(other.pk)

    as_maria.post(URL, {"username": "Maria"})

    assert rows_of(other.pk) == before


def test_a_message_confirms_it_and_clears_drafts_in_the_browser(as_maria, maria):
    response = as_maria.post(URL, {"username": "Maria"}, follow=True)

    assertRedirects(response, OVERVIEW)
    assertContains(response, "All that you have logged is deleted.")
    assertContains(response, f'data-saved="{maria.pk}/"')
    assertContains(response, "You have logged: 0 days, 0 medications, 0 weekly reflections.")


def test_cached_numbers_are_not_shown_afterwards(as_maria, maria):
    version = maria.answers_version

    as_maria.post(URL, {"username": "Maria"})

    assert User.objects.get(pk=maria.pk).answers_version == version + 1


def test_new_answers_can_be_logged_afterwards(as_maria, maria):
    as_maria.post(URL, {"username": "Maria"})

    assert as_maria.post(check_in_url("evening"), {"day_rating": "7"}).status_code == 302
    assert maria.daily_logs.get().day_rating == 7


@pytest.mark.parametrize("name", ["", "mario", "a\0b", "x" * 200_000], ids=lambda name: name[:5])
def test_the_username_is_required(as_maria, maria, name):
    response = as_maria.post(URL, {"username": name})

    assert list(response.context["form"].errors) == ["username"]
    assert maria.daily_logs.exists()


@pytest.mark.parametrize("url", [URL, reverse("accounts:delete")])
def test_saves_in_other_tabs_meanwhile_cause_no_errors(transactional_db, person, url):
    """No request fails, and the remaining rows are consistent."""
    password = {"username": person.username, "password": "correct-horse-battery"}
    tabs = [Client() for _ in range(5)]
    for tab in tabs:
        tab.force_login(person)
    confirm_by_password(tabs[0])
    make_log(person, DAY - timedelta(days=9))
    barrier = Barrier(len(tabs))

    def send(number):
        try:
            for round in range(6):
                barrier.wait(timeout=20)
                day = DAY - timedelta(days=round if number < 3 else 0)
                path, form = (url, password) if number == 0 else (check_in_url("medication", day), taken(*DOSES))
                yield tabs[number].post(path, form).status_code
        finally:
            connection.close()

    with ThreadPoolExecutor(len(tabs)) as threads:
        answers = list(threads.map(lambda number: list(send(number)), range(len(tabs))))

    assert {status for of_a_tab in answers for status in of_a_tab} == {302}
    if User.objects.filter(pk=person.pk).exists():
        assert tabs[0].post(url, password).status_code == 302
    left = rows_of(person.pk)
    assert not any(rows for lookup, rows in left.items() if lookup not in of_the_account(left))


DOSES = (MORNING_DOSE, NOON_DOSE)
