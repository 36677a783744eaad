"""Pages and the README state the same purpose."""

from pathlib import Path

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django.asserts import assertContains

from brainlog.purpose import PURPOSE

pytestmark = pytest.mark.once

ROOT = Path(__file__).resolve().parents[2]


def test_the_purpose_is_stated():
    assert str(PURPOSE) in (ROOT / "README.md").read_text()
    assertContains(Client().get(reverse("today")), PURPOSE)
