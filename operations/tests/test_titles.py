"""Titles and URLs, which browsers store and proxies log, contain nothing of a person but dates."""

import re

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import User
from accounts.tests.factories import make_person
from brainlog.tests.addresses import ADDRESSES
from logs.models import DailyLog, Dose, Medication, OwnQuestion
from operations.tests.canary import CANARY, SIGN_UP, main_job
from reflections.models import WeeklyReflection

pytestmark = pytest.mark.once


@pytest.fixture
def browser(db) -> Client:
    """A client of a person whose name and answers are all the same word."""
    browser = Client()
    browser.post("/accounts/signup/", SIGN_UP)
    return browser


def kept_of(response) -> list[str]:
    """What a browser's history and a proxy's log store of a response."""
    if response.status_code in {301, 302}:
        return [response["Location"]]
    if response.streaming:  # A file, which has no title.
        return []
    return re.findall(r"<title>(.*?)</title>", response.content.decode(), re.DOTALL)


def test_titles_and_urls_contain_no_answers(browser):
    kept = [kept_of(browser.post(address, data)) for address, data in main_job()]
    question = OwnQuestion.objects.get()
    own = {"logs:medication": [Medication.objects.get().pk], "logs:own_question": [question.pk]}
    own["insights:trend"] = [f"own-{question.pk}"]
    for address in ADDRESSES:
        path = reverse(address.name, args=own.get(address.name, address.arguments))
        kept.append(kept_of(browser.get(path)))

    everything = [text for texts in kept for text in texts]
    assert "You · Brain Log" in everything and len(everything) > len(ADDRESSES) / 2
    assert [text for text in everything if CANARY in text.lower()] == []


def test_titles_and_urls_of_the_admin_contain_no_answers(browser, client):
    for address, data in main_job():
        browser.post(address, data)
    client.force_login(make_person(username="staff", is_staff=True, is_superuser=True))
    rows = [model.objects.first() for model in (DailyLog, Dose, Medication, OwnQuestion, WeeklyReflection)]
    rows.append(User.objects.get(username=CANARY))
    pages = [
        reverse(f"admin:{row._meta.app_label}_{row._meta.model_name}_{page}", args=[row.pk])
        for row in rows
        for page in ("change", "history", "delete")
    ]

    kept = [
        kept_of(client.get(page)) for page in [*pages, reverse("admin:auth_user_password_change", args=[rows[-1].pk])]
    ]

    assert ["People | Brain Log"] in kept
    assert [texts for texts in kept if not texts or CANARY in texts[0].lower()] == []
