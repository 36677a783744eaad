"""After a test that commits, no row of it is left, and those that migrate writes are there."""

import pytest
from django.contrib.auth.models import Permission

from accounts.models import User
from logs.models import Dose
from logs.tests.factories import DAY, make_dose, make_log, make_medication

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.parametrize("time", ["first", "second"])
def test_rows_and_what_refers_to_them_are_gone(person, time):
    assert (User.objects.count(), Dose.objects.count()) == (1, 0)

    make_dose(make_log(person, DAY), make_medication(person))


@pytest.mark.parametrize("time", ["first", "second"])
def test_deleted_permissions_come_back(time):
    assert Permission.objects.exists()
    assert User.objects.count() == 0

    Permission.objects.all().delete()
