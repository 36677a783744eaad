"""HTTP requests to the providers of social login."""

import requests
from allauth.socialaccount import app_settings
from django.conf import settings

DISCOVERY_PATH = "/.well-known/openid-configuration"


class ProviderSession(requests.Session):
    """Follows no redirects; rejects discovery documents with a foreign issuer.

    Raises RequestException in both cases, as for a provider that is down: allauth or SignInMiddleware shows an error.
    """

    def request(self, method, url, **options):
        options |= {"allow_redirects": False, "timeout": app_settings.REQUESTS_TIMEOUT}
        response = super().request(method, url, **options)
        if response.is_redirect:
            raise requests.TooManyRedirects
        if url.endswith(DISCOVERY_PATH):
            check_issuer(response)
        return response


def check_issuer(response: requests.Response):
    """Raise RequestException unless the discovery document has the issuer of OIDC_SERVER_URL."""
    response.raise_for_status()
    (app,) = settings.SOCIALACCOUNT_PROVIDERS["openid_connect"]["APPS"]
    expected, _, _ = app["settings"]["server_url"].partition("/.well-known/")
    if str(response.json().get("issuer")).rstrip("/") != expected.rstrip("/"):
        raise requests.RequestException("another issuer")
