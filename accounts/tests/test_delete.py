import pytest
from allauth.account.models import EmailAddress, EmailConfirmation
from allauth.mfa.models import Authenticator
from django.apps import apps
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.auth.models import Group, Permission
from django.contrib.contenttypes.models import ContentType
from django.db import IntegrityError, connection
from django.db.models import CharField, TextField
from django.test import Client
from django.urls import reverse
from pytest_django.asserts import assertContains, assertRedirects

from accounts.models import Invitation, SecurityEvent, User
from accounts.social_login import ACCOUNTS, TOKENS
from accounts.tests.factories import PASSWORD, make_person
from encryption.fields import PrivateTextField
from insights.models import ReportLink, ReportOpening
from insights.tests.factories import (
    make_appointment,
    make_computation,
    make_event,
    make_guess,
    make_kept_finding,
    make_report,
)
from logs.stages import STAGES
from logs.tests.factories import make_dose, make_full_log, make_medication, make_question_set
from logs.tests.own_questions import make_answer, make_question
from logs.tests.pages import check_in_url
from reflections.tests.factories import make_reflection
from reminders.models import Feed
from reminders.tests.factories import make_delivery
from support.models import SupportPlan

pytestmark = pytest.mark.thorough_on_sqlite

URL, MORNING = reverse("accounts:delete"), check_in_url("morning")


def lookups_to_the_person(model) -> list[str]:
    """Lookups from a table to the person, through foreign keys only."""
    if model is User:
        return ["pk"]
    return [
        field.name if lookup == "pk" else f"{field.name}__{lookup}"
        for field in model._meta.fields
        if field.related_model
        for lookup in lookups_to_the_person(field.related_model)
    ]


def rows_of(pk) -> dict[str, int]:
    """Number of rows about the person in each table."""
    return {
        f"{model.__name__}.{lookup}": model.objects.filter(**{lookup: pk}).count()
        for model in apps.get_models(include_auto_created=True)
        for lookup in lookups_to_the_person(model)
    }


def make_person_with_everything(**facts) -> User:
    """A person with a row in every table."""
    person = make_person(**facts)
    asked = make_question_set(person, "sleep_hours")
    log = make_full_log(person, **{stage.part.asked: asked for stage in STAGES})
    make_dose(log, make_medication(person))
    reflection = make_reflection(person, asked=asked)
    SupportPlan.objects.create(user=person, plan="Go out")
    make_answer(log, make_question(person, "line"))
    make_answer(reflection, make_question(person, "line", check_in="week"))
    make_appointment(person)
    link, _token = ReportLink.objects.make(make_report(person), days=7)
    ReportOpening.objects.record(link, is_pdf=False)
    make_event(person)
    person.hidden_days.create(date=log.date)
    make_computation(person)
    make_kept_finding(person)
    make_guess(person)
    person.groups.add(Group.objects.get_or_create(name="friends")[0])
    person.user_permissions.add(Permission.objects.first())
    EmailConfirmation.create(EmailAddress.objects.create(user=person, email=f"{person.pk}@example.org"))
    Authenticator.objects.create(user=person, type=Authenticator.Type.RECOVERY_CODES, data={})
    Invitation.objects.create(created_by=person, expires_at=person.date_joined, token_hash=str(person.pk))
    SecurityEvent.objects.create(person=person, by=person, by_name=person.username, kind="looked_at_day")
    browser = person.known_browsers.create(token_hash=str(person.pk))
    person.sessions.create(key_hash=str(person.pk), expire_date="2100-01-01T00:00Z", known_browser=browser)
    Feed.objects.create(user=person, token_hash=str(person.pk))
    make_delivery(person)
    person.reminder_channels.update(known_browser=browser)
    LogEntry.objects.create(
        user=person, content_type=ContentType.objects.get_for_model(User), object_id="1", action_flag=CHANGE
    )
    return person


@pytest.fixture
def maria(db):
    return make_person_with_everything(username="Maria")


def confirmed(**changes):
    return {"username": "Maria", "password": PASSWORD} | changes


def test_opening_the_page_deletes_nothing(as_maria, maria):
    assertContains(as_maria.get(URL), "<h1>Delete your account</h1>", html=True)
    assert all(rows_of(maria.pk).values())


def test_the_tables_about_a_person_are_found(maria):
    assert {
        "User.pk",
        "User_groups.user",
        "User_user_permissions.user",
        "LogEntry.user",
        "DailyLog.user",
        "Medication.user",
        "Dose.daily_log__user",
        "Dose.medication__user",
        "QuestionSet.user",
        "WeeklyReflection.user",
        "OwnQuestion.user",
        "OwnAnswer.user",
        "OwnWeeklyAnswer.user",
        "Event.user",
        "HiddenDay.user",
        "Computation.user",
        "KeptFinding.user",
        "Guess.user",
    } <= rows_of(maria.pk).keys()


def test_everything_of_the_person_is_deleted(as_maria, maria):
    pk = maria.pk
    before = rows_of(pk)
    assert all(before.values()), "make_person_with_everything must have a row in each table"

    as_maria.post(URL, confirmed())

    assert rows_of(pk) == dict.fromkeys(before, 0)


def test_no_table_contains_the_name_afterwards(as_maria, maria):
    User.objects.filter(pk=maria.pk).update(username="unmistakable", username_key="unmistakable")
    LogEntry.objects.create(
        user=make_person(is_staff=True),
        content_type=ContentType.objects.get_for_model(User),
        object_id=str(maria.pk),
        object_repr="unmistakable",
        action_flag=CHANGE,
    )
    assert mentions_of("unmistakable") == {"User.username", "User.username_key", "LogEntry.object_repr"}

    as_maria.post(URL, confirmed(username="unmistakable"))

    assert mentions_of("unmistakable") == set()
    assert LogEntry.objects.filter(object_repr=f"#{maria.pk}").count() == 1


def mentions_of(text) -> set[str]:
    """Columns of any table that contain the text. Encrypted columns cannot be searched, and need not be."""
    return {
        f"{model.__name__}.{field.name}"
        for model in apps.get_models(include_auto_created=True)
        for field in model._meta.concrete_fields
        if isinstance(field, CharField | TextField) and not isinstance(field, PrivateTextField)
        if model._base_manager.filter(**{f"{field.name}__contains": text}).exists()
    }


def test_data_of_other_people_is_kept(as_maria):
    other = make_person_with_everything()
    before = rows_of(other.pk)

    as_maria.post(URL, confirmed())

    assert rows_of(other.pk) == before
    assert Group.objects.filter(name="friends").exists()


def test_the_person_is_logged_out_everywhere_and_sees_a_message(as_maria, maria):
    elsewhere = Client()
    elsewhere.force_login(maria)
    pk = maria.pk

    response = as_maria.post(URL, confirmed(), follow=True)

    assertRedirects(response, reverse("today"))
    assertContains(response, "Your account and everything in it is deleted.")
    assertContains(response, f'data-saved="{pk}/"')
    assert "_auth_user_id" not in as_maria.session
    assert elsewhere.get(reverse("accounts:profile")).status_code == 302


def test_the_name_is_free_again(as_maria, client):
    as_maria.post(URL, confirmed())

    assert make_person(username="maria").daily_logs.count() == 0


@pytest.mark.parametrize("spelling", ["Maria", "maria", " MARIA "])
def test_the_name_may_be_typed_in_any_capitalisation(as_maria, maria, spelling):
    as_maria.post(URL, confirmed(username=spelling))

    assert not User.objects.filter(pk=maria.pk).exists()


@pytest.mark.parametrize(
    ("changes", "wrong"),
    [
        ({"username": "mario"}, ["username"]),
        ({"username": ""}, ["username"]),
        ({"username": "a\0b"}, ["username"]),
        ({"username": "x" * 200_000}, ["username"]),
        ({"password": "not-my-password"}, ["password"]),
        ({"password": ""}, ["password"]),
        ({"password": "a\0b"}, ["password"]),
        ({"username": "", "password": ""}, ["username", "password"]),
    ],
    ids=lambda value: str(value)[:30],
)
def test_name_and_password_are_asked_for(as_maria, maria, changes, wrong):
    response = as_maria.post(URL, confirmed(**changes))

    assert list(response.context["form"].errors) == wrong
    assert all(rows_of(maria.pk).values())
    assert as_maria.session["_auth_user_id"] == str(maria.pk)


def test_an_empty_form_gets_errors(as_maria):
    assert list(as_maria.post(URL).context["form"].errors) == ["username", "password"]


def test_the_name_of_another_does_not_delete_them(as_maria, maria):
    other = make_person(username="mario")

    as_maria.post(URL, confirmed(username="mario"))

    assert User.objects.filter(pk__in=[maria.pk, other.pk]).count() == 2


def test_the_name_typed_is_kept_and_the_password_is_not_sent_back(as_maria):
    response = as_maria.post(URL, confirmed(username="mario", password="not-my-password"))

    assertContains(response, 'value="mario"')
    assert "not-my-password" not in response.content.decode()


@pytest.mark.parametrize("method", ["put", "patch", "delete"])
def test_other_methods_are_refused(as_maria, maria, method):
    assert getattr(as_maria, method)(URL).status_code == 405
    assert User.objects.filter(pk=maria.pk).exists()


@pytest.mark.parametrize("is_gone", [True, False])
def test_an_integrity_error_leads_to_the_login_page_if_the_account_is_gone(as_maria, maria, monkeypatch, is_gone):
    def too_late(open_form):
        if is_gone:
            User.objects.filter(pk=maria.pk).delete()
        raise IntegrityError

    monkeypatch.setattr("logs.views.store", too_late)
    if is_gone:
        assertRedirects(as_maria.post(MORNING), f"{reverse('accounts:login')}?next={MORNING}")
    else:
        with pytest.raises(IntegrityError):
            as_maria.post(MORNING)


@pytest.mark.skipif(apps.is_installed("allauth.socialaccount"), reason="Django itself knows of the tables then.")
def test_social_accounts_are_deleted_when_no_provider_is_configured(as_maria, maria):
    other = make_person()
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE TABLE {ACCOUNTS} (id bigint, user_id bigint)")
        cursor.execute(f"CREATE TABLE {TOKENS} (id bigint, account_id bigint)")
        cursor.execute(f"INSERT INTO {ACCOUNTS} VALUES (1, %s), (2, %s)", [maria.pk, other.pk])  # noqa: S608
        cursor.execute(f"INSERT INTO {TOKENS} VALUES (1, 1), (2, 2)")  # noqa: S608

        as_maria.post(URL, confirmed())

        cursor.execute(f"SELECT a.id, t.id FROM {ACCOUNTS} a FULL JOIN {TOKENS} t ON t.account_id = a.id")  # noqa: S608
        assert cursor.fetchall() == [(2, 2)]
        cursor.execute(f"DROP TABLE {ACCOUNTS}")
        cursor.execute(f"DROP TABLE {TOKENS}")
