import pytest

from brainlog.reminder_servers import parse_push_services
from reminders import http_client
from reminders.tests.push_service import CONTACT, KEY, push_service
from reminders.tests.servers import Certificates


@pytest.fixture(scope="session")
def certificates(tmp_path_factory):
    return Certificates.make(tmp_path_factory.mktemp("certificates"))


@pytest.fixture
def trusted(monkeypatch, certificates):
    """Let the HTTP client trust the certificates of the tests."""
    monkeypatch.setattr(http_client, "tls_context", lambda: certificates.of_client)


@pytest.fixture
def push_on(settings):
    """Switch on web push, with the push services of the makers of browsers."""
    settings.REMINDER_PUSH_KEY, settings.REMINDER_PUSH_CONTACT = KEY, CONTACT


@pytest.fixture
def service(settings, certificates, trusted, push_on):
    """A push service on this machine, which is the only one that is allowed."""
    with push_service(certificates) as service:
        settings.REMINDER_PUSH_SERVICES = parse_push_services([service.server.origin.netloc])
        yield service
