"""The database reports in the admin: superusers may view them."""

import datetime
import re

import pytest
from django.contrib.auth.models import Permission
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from pytest_django.asserts import assertContains, assertNotContains

from accounts.tests.factories import make_person
from brainlog.tests.browser.steps import come_in
from brainlog.tests.html import Page
from logs.tests.factories import make_full_log
from operations.database.plots import Plot
from operations.models import DatabaseReport
from testing.accessibility import violations

LIST = "/admin/operations/databasereport/"
NOW = f"{LIST}now/"


@pytest.fixture
def reports(db):
    """Four weekly reports, the newest a week old."""
    call_command("dbreport", "--json")
    newest = DatabaseReport.objects.get()
    for weeks in range(1, 5):
        taken_at = timezone.now() - datetime.timedelta(weeks=weeks)
        DatabaseReport.objects.create(taken_at=taken_at, figures=newest.figures)
    newest.delete()
    return list(DatabaseReport.objects.all())


@pytest.fixture
def pages(reports) -> list[str]:
    return [LIST, NOW, f"{LIST}{reports[0].pk}/change/", f"{LIST}{reports[0].pk}/history/"]


@pytest.fixture
def as_superuser(client, db):
    client.force_login(make_person(username="root", is_staff=True, is_superuser=True))
    return client


def test_superusers_see_reports(as_superuser, pages):
    for page in pages:
        response = as_superuser.get(page)
        assert response.status_code == 200, page
        assert Page(response.content.decode()).against_the_policy() == []
    assertContains(as_superuser.get("/admin/"), f'href="{LIST}"')
    assertContains(as_superuser.get(LIST), f'href="{NOW}"')


def test_other_staff_cannot_see_reports(client, pages):
    staff = make_person(is_staff=True)
    staff.user_permissions.set(Permission.objects.all())
    client.force_login(staff)

    assert {client.get(page).status_code for page in pages} == {403}
    assert {client.post(page).status_code for page in pages} == {403}
    assertNotContains(client.get("/admin/"), LIST)
    assert client.get("/admin/operations/").status_code == 404


def test_people_who_are_not_staff_cannot_see_reports(client, pages):
    for person in (None, make_person(), make_person(is_superuser=True)):
        if person:
            client.force_login(person)
        assert {client.get(page).status_code for page in pages} == {302}


@pytest.mark.parametrize("page", ["add/", "{pk}/delete/", "{pk}/change/"])
def test_reports_cannot_be_changed(as_superuser, reports, page):
    address = LIST + page.format(pk=reports[0].pk)

    assert as_superuser.post(address, {"post": "yes", "figures": "{}", "taken_at_0": "2026-05-04"}).status_code == 403
    assert list(DatabaseReport.objects.all()) == reports


@pytest.mark.parametrize("key", ["0", "x", "now", "9" * 30, "-1", "é"])
def test_a_missing_report_is_404(as_superuser, reports, key):
    assert as_superuser.get(f"{LIST}{key}/change/").status_code == 404


def test_the_current_page_shows_statistics_and_growth(as_superuser, reports):
    make_full_log(dreams="kanarienvogel")

    page = as_superuser.get(NOW)

    assertContains(page, "logs_dailylog")
    assertContains(page, "<polyline", count=6 if has_sizes(reports) else 1)
    assertContains(page, "Growth is since the report of")
    assertNotContains(page, "kanarienvogel")
    if connection.vendor == "sqlite":
        assertContains(page, "needs PostgreSQL")
    else:
        assertContains(page, "Waiting for locks")
        assertContains(
            page, "Connection pools of the process that made this report (for the web processes see /metrics)"
        )
        assertContains(page, "counts (pg_stat_database)", count=1)


def has_sizes(reports) -> bool:
    """Not every build of SQLite has dbstat, which knows the sizes of tables."""
    return reports[0].figures["tables"][0]["bytes"] is not None


def test_the_current_page_without_stored_reports(as_superuser):
    page = as_superuser.get(NOW)

    assertContains(page, "There is no earlier report")
    assertNotContains(page, "<polyline")


def test_the_list_reads_only_parts_of_the_json_in_a_constant_number_of_queries(as_superuser, reports):
    counts = []
    for _ in range(2):
        with CaptureQueriesContext(connection) as queries:
            as_superuser.get(LIST)
        counts.append(len(queries))
        DatabaseReport.objects.bulk_create(DatabaseReport(figures=reports[0].figures) for _ in range(20))

    assert counts[0] == counts[1]
    # The column, unless followed by a path into its JSON.
    whole = re.compile(r"""\."figures"(?! ->| #>|, '\$)""")
    assert [query["sql"] for query in queries if whole.search(query["sql"])] == []


def test_a_plot_runs_from_the_first_to_the_last_size():
    start = timezone.now()
    sizes = [(start, 0), (start + datetime.timedelta(days=1), 50), (start + datetime.timedelta(days=4), 100)]

    plot = Plot.of("A table", sizes)

    assert plot.points == "4.0,56.0 62.0,30.0 236.0,4.0"
    assert (plot.first, plot.last) == ("0 bytes", "100 bytes")


@pytest.mark.parametrize("sizes", [[], [(timezone.now(), 1)]], ids=["none", "one"])
def test_fewer_than_two_sizes_make_no_plot(sizes):
    assert Plot.of("A table", sizes) is None


def test_a_plot_of_zeros_at_one_time():
    assert Plot.of("A table", [(timezone.now(), 0)] * 2).points


@pytest.mark.once
@pytest.mark.matrix
@pytest.mark.parametrize("width", [390, 1280])
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_page_is_accessible(new_page, live_server, reports, theme, width):
    root = make_person(username="root", is_staff=True, is_superuser=True)
    page = come_in(new_page(color_scheme=theme, viewport={"width": width, "height": 900}), live_server, root)
    for address in (NOW, reverse("admin:operations_databasereport_change", args=[reports[0].pk])):
        page.goto(address)
        assert violations(page) == []
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert page.locator("#content h1").count() == 1
