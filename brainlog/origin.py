"""The origin of links in mails, which never comes unchecked from a request."""

from django.conf import settings
from django.http.request import split_domain_port


def trusted_origin(request=None) -> str:
    """Return SITE_URL, or else the scheme and host of the request; its port only if that is known to be ours.

    Django checks the host against ALLOWED_HOSTS, but not the port: a forged request could have a link mailed that leads
    to another server on the same machine. Without a request, as in a command, the first of ALLOWED_HOSTS is the host.
    """
    if settings.SITE_URL:
        return settings.SITE_URL.rstrip("/")
    if request is None:
        return f"{'https' if settings.HTTPS else 'http'}://{settings.ALLOWED_HOSTS[0]}"
    host = request.get_host()
    name, port = split_domain_port(host)
    return f"{request.scheme}://{host if not port or is_own_port(request, host, port) else name}"


def is_own_port(request, host: str, port: str) -> bool:
    """Whether this site is known to use the port: the process listens on it, or CSRF_TRUSTED_ORIGINS contains it.

    Behind a proxy, the port of the process is not the one that people use.
    """
    listens_there = not settings.SECURE_PROXY_SSL_HEADER and port == request.META.get("SERVER_PORT")
    return settings.DEBUG or listens_there or f"{request.scheme}://{host}" in settings.CSRF_TRUSTED_ORIGINS
