"""The origin that links in mails begin with: nothing that a request says of itself without a check."""

from django.conf import settings
from django.http.request import split_domain_port


def trusted_origin(request=None) -> str:
    """SITE_URL; or else the scheme and host of the request, which ALLOWED_HOSTS names, with a port that is ours.

    ALLOWED_HOSTS says nothing of ports, so that a request could have a link mailed that leads to another server on the
    same machine. Without a request, as in a command, the first of ALLOWED_HOSTS is the host.
    """
    if settings.SITE_URL:
        return settings.SITE_URL.rstrip("/")
    if request is None:
        return f"{'https' if settings.HTTPS else 'http'}://{settings.ALLOWED_HOSTS[0]}"
    host = request.get_host()
    name, port = split_domain_port(host)
    return f"{request.scheme}://{host if not port or is_ours(request, host, port) else name}"


def is_ours(request, host: str, port: str) -> bool:
    """Whether this server is known to be at the port: it listens there itself, or the operator has named the origin.

    Behind a proxy the port that we listen on is not the one that people use.
    """
    listens_there = not settings.SECURE_PROXY_SSL_HEADER and port == request.META.get("SERVER_PORT")
    return settings.DEBUG or listens_there or f"{request.scheme}://{host}" in settings.CSRF_TRUSTED_ORIGINS
