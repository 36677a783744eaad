"""The admin: staff can view rows, cannot change answers, and lists stay fast on large tables."""

import datetime
import re

import pytest
from django.contrib.auth.models import Group
from django.contrib.contenttypes.models import ContentType
from django.urls import reverse
from django.utils import timezone
from pytest_django.asserts import assertContains, assertNotContains, assertRedirects

from accounts.models import User
from accounts.tests.factories import make_person
from insights.models import Event
from insights.tests.factories import make_event
from logs.admin import DayStateFilter
from logs.models import DailyLog, Dose, Medication, OwnQuestion
from logs.stages import EVENING, MIDDAY, STAGES
from logs.tests.factories import DAY, make_dose, make_full_log, make_log, make_medication
from logs.tests.own_questions import make_answer, make_question
from reflections.models import WeeklyAnswers, WeeklyReflection
from reflections.tests.factories import SUNDAY, make_reflection

pytestmark = pytest.mark.thorough_on_sqlite

LISTS = [
    *("accounts_user", "insights_event", "logs_dailylog", "logs_dose", "logs_medication", "logs_ownquestion"),
    "reflections_weeklyreflection",
]
ANSWERS = [name for name in LISTS if name != "accounts_user"]
MODELS = {
    "accounts_user": User,
    "insights_event": Event,
    "logs_dailylog": DailyLog,
    "logs_dose": Dose,
    "logs_medication": Medication,
    "logs_ownquestion": OwnQuestion,
    "reflections_weeklyreflection": WeeklyReflection,
}


def list_url(name):
    return reverse(f"admin:{name}_changelist")


def page_url(name, row, page="change"):
    return reverse(f"admin:{name}_{page}", args=[row.pk])


@pytest.fixture
def as_staff(client, db):
    """A client in which a superuser is logged in."""
    client.force_login(make_person(username="staff", is_staff=True, is_superuser=True))
    return client


@pytest.fixture
def rows(db):
    """One person with a row in each table, by the admin's name of the table."""
    maria = make_person(username="Ünal", display_name="Maria")
    log = make_full_log(maria, DAY, dreams="A secret dream", coping_strategies=["journaled"], had_emotional_event=True)
    medication = make_medication(maria, note="A secret note")
    question = make_question(maria, "line", label="A secret question")
    make_answer(log, question, "A secret answer")
    return {
        "accounts_user": maria,
        "insights_event": make_event(maria, "A secret move"),
        "logs_dailylog": log,
        "logs_medication": medication,
        "logs_dose": make_dose(log, medication),
        "logs_ownquestion": question,
        "reflections_weeklyreflection": make_reflection(maria, week_highlights="A secret walk"),
    }


def fill(count: int):
    """Make people with a row in each table."""
    for number in range(count):
        log = make_full_log(date=DAY - datetime.timedelta(days=number))
        make_dose(log)
        make_event(log.user)
        make_reflection(log.user, SUNDAY - datetime.timedelta(days=7 * number))


# View permissions


@pytest.mark.parametrize("name", LISTS)
def test_staff_sees_the_list_and_each_row(as_staff, rows, name):
    assertContains(as_staff.get(list_url(name)), "1 ", msg_prefix="the list")
    assert as_staff.get(page_url(name, rows[name])).status_code == 200
    assert as_staff.get(page_url(name, rows[name], "history")).status_code == 200


@pytest.mark.parametrize("name", [name for name in LISTS if name != "accounts_user"])
def test_staff_cannot_delete_rows_of_a_person(as_staff, rows, name):
    assert as_staff.get(page_url(name, rows[name], "delete")).status_code == 403
    assert as_staff.post(page_url(name, rows[name], "delete"), {"post": "yes"}).status_code == 403
    assertNotContains(as_staff.get(list_url(name)), "delete_selected")
    assert type(rows[name]).objects.filter(pk=rows[name].pk).exists()


def test_the_admin_has_the_name_of_the_product(as_staff):
    for path in ("/admin/", list_url("accounts_user")):
        page = as_staff.get(path)

        assertNotContains(page, "Django")
        assertContains(page, "| Brain Log</title>")
        assertContains(page, '<a href="/admin/">Brain Log</a>', html=True)


def test_the_start_page_names_all_tables(as_staff):
    page = as_staff.get("/admin/")

    assertContains(page, "<h1>Brain Log administration</h1>", html=True)
    for name in LISTS:
        assertContains(page, f'href="{list_url(name)}"')


@pytest.mark.parametrize("name", LISTS)
def test_a_visitor_sees_nothing(client, rows, name):
    for address in (list_url(name), page_url(name, rows[name])):
        assertRedirects(client.get(address), f"{reverse('accounts:login')}?next={address}")


@pytest.mark.parametrize("name", LISTS)
@pytest.mark.parametrize("rights", [{}, {"is_superuser": True}], ids=str)
def test_a_person_without_staff_status_sees_nothing(client, rows, name, rights):
    client.force_login(make_person(**rights))

    for address in (list_url(name), page_url(name, rows[name])):
        response = client.get(address, follow=True)
        assert response.redirect_chain[0][0] == f"/admin/login/?next={address}"
        assertNotContains(response, "Ünal", status_code=403)


@pytest.mark.parametrize("name", LISTS)
def test_staff_without_the_view_permission_is_refused(client, rows, name):
    client.force_login(make_person(is_staff=True))

    assert client.get(list_url(name)).status_code == 403
    assert client.get(page_url(name, rows[name])).status_code == 403


def test_no_url_reveals_the_day_of_a_row_to_staff(client, rows):
    """Django's view would redirect all staff from a row to the page of its person."""
    client.force_login(make_person(is_staff=True))
    log = rows["logs_dailylog"]
    table = ContentType.objects.get_for_model(log)

    response = client.get(f"/admin/r/{table.pk}/{log.pk}/")

    assert (response.status_code, response.get("Location")) == (404, None)


def test_no_page_of_the_admin_offers_to_show_the_row_on_the_site(as_staff, rows):
    """The link would lead to a page of the staff member."""
    for name, row in rows.items():
        assertNotContains(as_staff.get(page_url(name, row)), "/admin/r/")


def test_a_deactivated_person_is_logged_out(client, rows):
    client.force_login(make_person(is_staff=True, is_superuser=True, is_active=False))

    assert client.get("/admin/", follow=True).redirect_chain != []


# Read-only rows


def test_a_log_is_shown_by_check_in(as_staff, rows):
    page = as_staff.get(page_url("logs_dailylog", rows["logs_dailylog"]))

    fieldsets = [fieldset.name for fieldset in page.context["adminform"]]
    assert fieldsets == [None, *(stage.title for stage in STAGES), "Recorded"]
    shown = [field for fieldset in page.context["adminform"].fieldsets for field in fieldset[1]["fields"]]
    missing = {name for stage in STAGES for name in (*stage.field_names, *stage.part.columns)} - set(shown)
    assert missing == set()
    assertContains(page, "Concerta")


def test_a_reflection_shows_every_answer(as_staff, rows):
    page = as_staff.get(page_url("reflections_weeklyreflection", rows["reflections_weeklyreflection"]))

    shown = [field for fieldset in page.context["adminform"].fieldsets for field in fieldset[1]["fields"]]
    assert {field.name for field in WeeklyAnswers.fields()} <= set(shown)


@pytest.mark.parametrize("name", ANSWERS)
def test_answers_have_no_inputs(as_staff, rows, name):
    page = as_staff.get(page_url(name, rows[name]))

    assert page.context["adminform"].form.fields == {}
    assertNotContains(page, 'name="_save"')


@pytest.mark.parametrize("name", ANSWERS)
def test_answers_cannot_be_changed(as_staff, rows, name):
    row = rows[name]
    before = MODELS[name].objects.filter(pk=row.pk).values().get()
    data = {"day_rating": "1", "dreams": "Changed", "amount": "99", "name": "Changed", "week_rating": "1", "_save": "1"}
    doses = {"doses-TOTAL_FORMS": "1", "doses-INITIAL_FORMS": "1", "doses-0-id": "1", "doses-0-amount": "99"}

    response = as_staff.post(page_url(name, row), data | doses)

    assert response.status_code == 403
    assert MODELS[name].objects.filter(pk=row.pk).values().get() == before


@pytest.mark.parametrize("name", ANSWERS)
def test_answers_cannot_be_made_up(as_staff, rows, name):
    add = reverse(f"admin:{name}_add")

    assert (as_staff.get(add).status_code, as_staff.post(add, {}).status_code) == (403, 403)
    assert MODELS[name].objects.count() == 1


# Search and filters


@pytest.mark.matrix
@pytest.mark.parametrize("name", LISTS)
@pytest.mark.parametrize("written", ["Ünal", "ünal", "ÜNAL", " ünal "])
def test_a_person_is_found_however_the_name_is_written(as_staff, rows, name, written):
    fill(2)

    found = as_staff.get(list_url(name), {"q": written}).context["cl"].result_list

    assert [row.pk for row in found] == [rows[name].pk]


@pytest.mark.matrix
@pytest.mark.parametrize("name", ANSWERS)
@pytest.mark.parametrize("part", ["nal", "Ün", "%", "_nal"])
def test_rows_are_found_by_the_whole_name_only(as_staff, rows, name, part):
    assert not as_staff.get(list_url(name), {"q": part}).context["cl"].result_list


@pytest.mark.parametrize("part", ["nal", "ün", "NAL"])
def test_people_are_found_by_a_part_of_a_name(as_staff, rows, part):
    found = as_staff.get(list_url("accounts_user"), {"q": part}).context["cl"].result_list

    assert list(found) == [rows["accounts_user"]]


@pytest.mark.matrix
@pytest.mark.parametrize("name", LISTS)
@pytest.mark.parametrize("q", ["\0", "'", '"', "a\0b", "x" * 5000, "%00", "😀"], ids=lambda q: f"{q[:3]!a} {len(q)}")
def test_a_malformed_search_finds_nothing(as_staff, rows, name, q):
    assert as_staff.get(list_url(name), {"q": q}, follow=True).status_code == 200


def results(response) -> list:
    return list(response.context["cl"].result_list)


def test_days_are_filtered_by_how_complete_they_are(as_staff, rows):
    begun = make_full_log(**{EVENING.completed_at: None})
    not_tracked = make_log(not_tracked="ill")
    list_of_days = list_url("logs_dailylog")

    found = {state: results(as_staff.get(list_of_days, {"state": state})) for state in DayStateFilter.conditions}

    assert found == {"complete": [rows["logs_dailylog"]], "begun": [begun], "not-tracked": [not_tracked]}


def test_a_complete_day_that_is_marked_as_not_tracked_is_complete(as_staff):
    day = make_full_log(not_tracked="holiday")

    found = {
        state: results(as_staff.get(list_url("logs_dailylog"), {"state": state})) for state in DayStateFilter.conditions
    }

    assert found == {"complete": [day], "begun": [], "not-tracked": []}


def cells_of(response, column: str) -> list[str]:
    """The texts of a column of a list."""
    cells = re.findall(rf'<t[dh] class="field-{column}[^"]*">(.*?)</t[dh]>', response.content.decode())
    return [re.sub(r"<[^>]*>", "", cell) for cell in cells]


@pytest.mark.parametrize(
    ("facts", "done", "missing"),
    [
        ({}, "5 of 5", "-"),
        ({EVENING.completed_at: None}, "4 of 5", "Evening"),
        ({MIDDAY.completed_at: None, EVENING.completed_at: None}, "3 of 5", "Midday, Evening"),
        ({EVENING.completed_at: None, "not_tracked": "ill"}, "4 of 5", "not tracked"),
        ({"not_tracked": "ill"}, "5 of 5", "-"),
    ],
    ids=str,
)
def test_the_list_of_days_shows_which_check_ins_are_missing(as_staff, facts, done, missing):
    make_full_log(**facts)

    page = as_staff.get(list_url("logs_dailylog"))

    assert (cells_of(page, "done"), cells_of(page, "missing")) == ([done], [missing])


def test_the_list_of_days_shows_no_reason_for_not_tracking(as_staff):
    """The reason is an answer, and showing a list is not recorded."""
    make_log(not_tracked="ill")

    page = as_staff.get(list_url("logs_dailylog"))

    assertContains(page, "not tracked")
    assert re.findall(r"\bill\b", page.content.decode()) == []


def test_logs_are_filtered_by_date(as_staff, rows):
    in_march = make_full_log(date=DAY - datetime.timedelta(days=40))

    found = as_staff.get(list_url("logs_dailylog"), {"date__gte": "2026-03-01", "date__lt": "2026-04-01"})

    assert results(found) == [in_march]


def test_people_are_filtered_by_their_rights(as_staff, rows):
    found = as_staff.get(list_url("accounts_user"), {"is_staff__exact": "0"})

    assert results(found) == [rows["accounts_user"]]


def test_reflections_are_filtered_by_completion(as_staff, rows):
    done = make_reflection(completed_at=timezone.now())

    found = {
        state: results(as_staff.get(list_url("reflections_weeklyreflection"), {"state": state}))
        for state in ("complete", "begun")
    }

    assert found == {"complete": [done], "begun": [rows["reflections_weeklyreflection"]]}


@pytest.mark.parametrize(
    ("name", "field", "make", "day"),
    [
        ("logs_dailylog", "date", make_full_log, DAY),
        ("reflections_weeklyreflection", "week_start", make_reflection, SUNDAY),
    ],
)
def test_the_dates_lead_from_years_to_days(as_staff, name, field, make, day):
    """One row on the day, one more in its month, one more in its year, and one in another year."""
    person = make_person()
    for days in (0, 7, 35, 371):
        make(person, day + datetime.timedelta(days=days))
    steps = [{}, {f"{field}__year": day.year}, {f"{field}__month": day.month}, {f"{field}__day": day.day}]

    asked, counts = {}, []
    for step in steps:
        asked |= step
        counts.append(len(results(as_staff.get(list_url(name), asked))))

    assert counts == [4, 3, 2, 1]


def offered(response) -> list[str]:
    """The years, months or days to choose from, by their links."""
    choices = response.content.decode().split('<nav class="toplinks">')[1].split("</nav>")[0]
    return re.findall(r'<a href="[^"]*">([^<]+)</a>', choices)


def test_the_dates_offered_reach_from_the_first_log_to_the_last(as_staff):
    for date in ("2024-11-29", "2026-02-27", "2026-03-02"):
        make_full_log(date=datetime.date.fromisoformat(date))
    address = list_url("logs_dailylog")

    assert offered(as_staff.get(address)) == ["2024", "2025", "2026"]
    assert offered(as_staff.get(address, {"date__year": 2026})) == ["February 2026", "March 2026"]
    assert offered(as_staff.get(address, {"date__year": 2026, "date__month": 2})) == ["Feb 27"]
    assert offered(as_staff.get(address, {"date__year": 2025})) == []


@pytest.mark.matrix
@pytest.mark.parametrize("name", LISTS)
@pytest.mark.parametrize(
    "asked",
    [
        {"p": "99999"},
        {"p": "x"},
        {"date__year": "0"},
        {"date__gte": "never"},
        {"nonsense": "1"},
        {"o": "99"},
        {"all": ""},
    ],
    ids=str,
)
def test_a_mistyped_address_breaks_nothing(as_staff, rows, name, asked):
    assert as_staff.get(list_url(name), asked, follow=True).status_code in {200, 400}


# Requests that the pages never send


@pytest.mark.parametrize("name", LISTS)
def test_a_list_is_narrowed_down_by_what_it_offers_alone(as_staff, rows, name):
    column = {"accounts_user": "email", "logs_dose": "amount"}.get(name, "updated_at" if "log" in name else "user")
    for query in (f"{column}__range=1", f"{column}__gt=1", f"{column}=1", "id__in=1,x", "nothing=1"):
        assert as_staff.get(f"{list_url(name)}?{query}").status_code == 400


@pytest.mark.parametrize("key", ["x", "", "\0", "9223372036854775808", "9" * 5000])
def test_a_malformed_primary_key_is_400(as_staff, key):
    for path, sent in (
        (list_url("accounts_user"), {"action": "delete_selected", "_selected_action": key}),
        (list_url("accounts_user"), {"action": "make_reset_link", "_selected_action": ["1", key]}),
        (list_url("auth_group"), {"action": "delete_selected", "_selected_action": key, "post": "yes"}),
    ):
        assert as_staff.post(path, sent).status_code == 400


@pytest.mark.parametrize("key", ["x", "\0", "9223372036854775808", "9" * 5000])
def test_a_malformed_key_of_a_permission_is_rejected(as_staff, key):
    response = as_staff.post(reverse("admin:auth_group_add"), {"name": "Helpers", "permissions": key})

    assert response.status_code == 200
    assert response.context["errors"]
    assert not Group.objects.exists()
