"""System checks that warn."""

import pytest

from operations.checks import check_debug, check_https

pytestmark = pytest.mark.once

HERE = ["localhost", "[::1]", "127.0.0.1"]


@pytest.mark.parametrize(
    ("https", "debug", "hosts", "warnings"),
    [
        (True, False, ["log.example.org"], []),
        (False, False, ["log.example.org"], ["brainlog.W002"]),
        (False, False, HERE, []),
        (False, True, HERE, []),
        (False, True, [*HERE, "192.168.1.7"], ["brainlog.W003"]),
        (True, True, ["*"], ["brainlog.W003"]),
    ],
)
def test_warnings(settings, https, debug, hosts, warnings):
    settings.HTTPS, settings.DEBUG, settings.ALLOWED_HOSTS = https, debug, hosts

    found = [*check_https(None), *check_debug(None)]

    assert [warning.id for warning in found] == warnings
