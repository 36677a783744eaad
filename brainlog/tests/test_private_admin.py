"""What people wrote, in the admin: staff sees that there is something; what it says, only with the permission."""

import pytest
from django.contrib.auth.models import Permission
from pytest_django.asserts import assertContains, assertNotContains

from accounts.models import User
from accounts.tests.factories import make_person
from brainlog.tests.test_admin import page_url, rows  # noqa: F401
from logs.tests.columns import again, put, stored

SECRETS = {
    "logs_dailylog": ("dreams", "A secret dream"),
    "logs_medication": ("note", "A secret note"),
    "reflections_weeklyreflection": ("week_highlights", "A secret walk"),
}
each_table = pytest.mark.parametrize("name", SECRETS)
WITHHELD = "written, not shown"


@pytest.fixture
def staff(client, db) -> User:
    """Somebody logged in who may look at every table."""
    staff = make_person(username="staff", is_staff=True)
    staff.user_permissions.set(Permission.objects.filter(codename__startswith="view_").exclude(codename=PERMISSION))
    client.force_login(staff)
    return staff


PERMISSION = "view_private_text"


@each_table
def test_staff_sees_that_there_is_a_text(client, staff, rows, name):  # noqa: F811
    column, text = SECRETS[name]

    page = client.get(page_url(name, rows[name]))

    assertContains(page, WITHHELD, count=1)
    assertNotContains(page, text)
    assertNotContains(page, stored(rows[name], column))
    assertNotContains(client.get(page_url(name, rows[name], "history")), text)
    assert getattr(again(rows[name]), column) == text


@each_table
def test_staff_with_the_permission_reads_it(client, staff, rows, name):  # noqa: F811
    staff.user_permissions.add(Permission.objects.get(codename=PERMISSION, content_type__app_label="logs"))

    page = client.get(page_url(name, rows[name]))

    assertContains(page, SECRETS[name][1])
    assertNotContains(page, WITHHELD)


@each_table
def test_a_superuser_has_every_permission(client, staff, rows, name):  # noqa: F811
    User.objects.filter(pk=staff.pk).update(is_superuser=True)

    assertContains(client.get(page_url(name, rows[name])), SECRETS[name][1])


@each_table
def test_nobody_searches_or_filters_by_it(client, staff, rows, name):  # noqa: F811
    column = SECRETS[name][0]
    path = page_url(name, rows[name]).split(str(rows[name].pk))[0]

    for query in (f"{column}__contains=secret", f"{column}=A+secret+dream"):
        response = client.get(f"{path}?{query}")
        assert response.status_code in {302, 400}
        assert "secret" not in response.content.decode()


@each_table
def test_what_cannot_be_read_is_said(client, staff, rows, name):  # noqa: F811
    User.objects.filter(pk=staff.pk).update(is_superuser=True)
    put(rows[name], SECRETS[name][0], "bl1.test." + "A" * 60)

    assertContains(client.get(page_url(name, rows[name])), "This text cannot be read")
    User.objects.filter(pk=staff.pk).update(is_superuser=False)
    assertContains(client.get(page_url(name, rows[name])), WITHHELD)
