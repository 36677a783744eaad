"""What this server asks of the providers of accounts elsewhere."""

import logging

import requests
from allauth.core import context
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.socialaccount import app_settings
from django.conf import settings
from django.shortcuts import render

DESCRIPTION = "/.well-known/openid-configuration"

log = logging.getLogger(__name__)


class ProviderSession(requests.Session):
    """Asks at the configured addresses alone: it is led nowhere else, and no server describes itself as another.

    What goes wrong, a provider that is down included, ends in the page that says that nobody is logged in.
    """

    def request(self, method, url, **options):
        options |= {"allow_redirects": False, "timeout": app_settings.REQUESTS_TIMEOUT}
        try:
            response = super().request(method, url, **options)
            if response.is_redirect:
                raise requests.TooManyRedirects
            if url.endswith(DESCRIPTION):
                check_description(response)
        except requests.RequestException as error:
            # What it says names addresses, and may name the person.
            log.error("A provider of accounts elsewhere could not be asked: %s", type(error).__name__)
            page = render(context.request, "socialaccount/authentication_error.html", status=401)
            raise ImmediateHttpResponse(page) from error
        return response


def check_description(response: requests.Response):
    """Raise RequestException if it is none, or not that of OIDC_SERVER_URL."""
    response.raise_for_status()
    (app,) = settings.SOCIALACCOUNT_PROVIDERS["openid_connect"]["APPS"]
    expected, _, _ = app["settings"]["server_url"].partition("/.well-known/")
    if str(response.json().get("issuer")).rstrip("/") != expected.rstrip("/"):
        raise requests.RequestException("another issuer")
