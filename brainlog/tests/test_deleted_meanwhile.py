"""An account that is deleted in another tab while one of its pages is saved: the answer is the login, not an error."""

import pytest

from accounts.middleware import PersonMiddleware
from accounts.models import User
from brainlog.reminder_servers import parse_servers

TIMES = {f"{slug}-time": "08:00" for slug in ("morning", "medication", "midday", "afternoon", "evening", "week")}
FORMS = {
    "/logs/2026-05-04/midday/": {"focus_level": "7"},
    "/logs/questions/": {"one": ""},
    "/insights/events/": {"text": "Flu", "date": "2026-05-04"},
    "/accounts/reminders/": {**TIMES, "repeat-every": "15", "repeat-times": "0", "words": "neutral"},
    "/accounts/reminders/channels/ntfy/add/": {"ntfy-server": "https://ntfy.example.org", "ntfy-topic": "a-topic"},
}


@pytest.fixture
def deleted_meanwhile(monkeypatch, person):
    """Delete the account as soon as a request has read its person."""
    process_request = PersonMiddleware.process_request

    def read_and_delete(self, request):
        process_request(self, request)
        User.objects.filter(pk=person.pk).delete()

    monkeypatch.setattr(PersonMiddleware, "process_request", read_and_delete)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("address", FORMS)
def test_a_save_of_an_account_deleted_meanwhile_leads_to_the_login(as_person, settings, address, deleted_meanwhile):
    settings.REMINDER_SERVERS = parse_servers(["ntfy+https://ntfy.example.org"])

    response = as_person.post(address, FORMS[address])

    assert response.status_code == 302
    assert response["Location"].startswith("/accounts/login/")
    assert not User.objects.exists()
