"""What this server asks of the providers of accounts elsewhere."""

import requests
from allauth.socialaccount import app_settings
from django.conf import settings

DESCRIPTION = "/.well-known/openid-configuration"


class ProviderSession(requests.Session):
    """Asks at the configured addresses alone: it is led nowhere else, and no server describes itself as another.

    Raises RequestException for both, as for a provider that is down: allauth or SignInMiddleware says so.
    """

    def request(self, method, url, **options):
        options |= {"allow_redirects": False, "timeout": app_settings.REQUESTS_TIMEOUT}
        response = super().request(method, url, **options)
        if response.is_redirect:
            raise requests.TooManyRedirects
        if url.endswith(DESCRIPTION):
            check_issuer(response)
        return response


def check_issuer(response: requests.Response):
    """Raise RequestException if it is none, or not that of OIDC_SERVER_URL."""
    response.raise_for_status()
    (app,) = settings.SOCIALACCOUNT_PROVIDERS["openid_connect"]["APPS"]
    expected, _, _ = app["settings"]["server_url"].partition("/.well-known/")
    if str(response.json().get("issuer")).rstrip("/") != expected.rstrip("/"):
        raise requests.RequestException("another issuer")
