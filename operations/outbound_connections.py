"""Connections to other machines that the configuration enables; by default none.

The privacy page is public, so nothing here contains a user, password, token, bucket or database name, or the host name
of a machine of the operator.
"""

import ipaddress
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from django.utils.translation import gettext as _

from brainlog.database.urls import hosts_of, is_local, is_postgresql

SMTP = "django.core.mail.backends.smtp.EmailBackend"
NETWORK_NAMES = (".internal", ".intranet", ".lan", ".local", ".localdomain", ".home.arpa")

# Label and hosts of each login provider. The browser connects to the first host, this server to all of them.
PROVIDERS = {
    "google": ("Google", "accounts.google.com, oauth2.googleapis.com, www.googleapis.com"),
    "github": ("GitHub", "github.com, api.github.com"),
    "gitlab": ("GitLab", "gitlab.com"),
    "microsoft": ("Microsoft", "login.microsoftonline.com, graph.microsoft.com"),
}


@dataclass(frozen=True)
class Connection:
    """A connection, described for the privacy page, and the setting that enables it."""

    purpose: str
    where: str
    what: str
    when: str
    setting: str


def outbound_connections(settings, environment: Mapping[str, str]) -> list[Connection]:
    """Return the connections that the settings enable. `environment` is read for the AWS_ variables of a bucket.

    Connections within this machine are omitted, except to servers of mail and reminders, which relay to other machines.
    """
    return [
        *databases(settings),
        *cache(settings),
        *backups(settings, environment),
        *mail(settings),
        *reminders(settings),
        *providers(settings),
    ]


def databases(settings) -> Iterator[Connection]:
    everything = _("All that is kept here. What people write in their own words is encrypted before.")
    uses = {
        "default": (_("The database"), _("With every page."), "DATABASE_URL"),
        "direct": (_("The database, for its upkeep"), _("For backups, reports and upgrades."), "DIRECT_DATABASE_URL"),
        "replica": (_("A copy of the database"), _("With pages that only show something."), "REPLICA_DATABASE_URL"),
    }
    for alias, database in settings.DATABASES.items():
        purpose, when, setting = uses[alias]
        hosts = [host for host in hosts_of(database) if not is_local(host)] if is_postgresql(database) else []
        if hosts:
            # Of several hosts, a public one if there is any.
            yield Connection(purpose, unnamed(min(hosts, key=is_private)), everything, when, setting)


def cache(settings) -> Iterator[Connection]:
    address = settings.CACHES["summaries"].get("LOCATION", "")
    if address and not is_local(host := urlsplit(address).hostname or ""):
        what = _("Averages and counts of people's answers for some minutes, never a text.")
        yield Connection(
            _("A cache of computed numbers"), unnamed(host), what, _("With pages that show numbers."), "CACHE_URL"
        )


def backups(settings, environment) -> Iterator[Connection]:
    if not settings.BACKUP_TO.startswith("s3://"):
        return
    endpoints = ("AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL", "AWS_ENDPOINT")
    endpoint = next(filter(None, map(environment.get, endpoints)), "https://s3.amazonaws.com")
    # The host name can begin with the name of the bucket.
    host = (urlsplit(endpoint).hostname or "").removeprefix(f"{urlsplit(settings.BACKUP_TO).netloc}.")
    what = _("Copies of the whole database; what people write in their own words is encrypted in them.")
    if settings.BACKUP_ENCRYPT_TO:
        what = _("Copies of the whole database, encrypted before they are sent.")
    if not is_local(host):
        when = _("Whenever the operator makes, checks or restores a backup.")
        yield Connection(_("Backups"), named(host), what, when, "BACKUP_TO")


def mail(settings) -> Iterator[Connection]:
    if settings.EMAIL_BACKEND == SMTP:
        what = _(
            "The e-mail address, and a link to confirm it, the username with a link to a new password, what was "
            "changed, or that it is time for the log, and which check-in if the person chose plain words. No answers."
        )
        when = _(
            "When a person adds an e-mail address, asks for a new password, or changes how they log in, when "
            "all of their data is downloaded or wiped, and at their times if they ask for reminders by e-mail."
        )
        if settings.ADMINS:
            when += " " + _(
                "And when a page fails: where in the code, and nothing else, to the operator of the server."
            )
        yield Connection(_("Mail"), named(settings.EMAIL_HOST or ""), what, when, "EMAIL_URL")


def reminders(settings) -> Iterator[Connection]:
    if settings.REMINDER_PUSH_KEY:
        services = [
            named(service.host) if is_private(service.host) else f"{'*.' * service.includes_hosts_below}{service.host}"
            for service in settings.REMINDER_PUSH_SERVICES
        ]
        what = _(
            "An encrypted message for your browser, which only it can read, where your browser is to be reached, "
            "when, and the contact that the operator gave for it. Your browser keeps a connection to the push service "
            "of its maker all the time."
        )
        when = _("With each reminder, once you have added the device. Your browser decides which of these it is.")
        yield Connection(_("Reminders on your devices"), ", ".join(services), what, when, "REMINDER_PUSH_KEY")
    for server in settings.REMINDER_SERVERS:
        what = _(
            "The words of the reminder, “Time for your log” if you choose no others, the address of the page that "
            "it leads to, and your topic or token. No answers."
        )
        when = _("With each reminder, once you have added that server.")
        yield Connection(_("Reminders by ntfy or Gotify"), named(server.origin.host), what, when, "REMINDER_SERVERS")


def providers(settings) -> Iterator[Connection]:
    what = _("Your browser goes there to log in. This server asks for your number there and keeps nothing else.")
    when = _("When you press the button with that name.")
    for provider, origin in settings.PROVIDERS.items():
        if provider == "openid_connect":
            where = _("%(host)s and the addresses it names") % {"host": urlsplit(origin).hostname}
            yield Connection(_("Logging in with an account elsewhere"), where, what, when, "OIDC_SERVER_URL")
        else:
            name, hosts = PROVIDERS[provider]
            purpose = _("Logging in with an account of %(provider)s") % {"provider": name}
            yield Connection(purpose, hosts, what, when, f"{provider.upper()}_CLIENT_ID")


def is_private(host: str) -> bool:
    """Whether the address or name is one of a private network."""
    try:
        return ipaddress.ip_address(host).is_private
    except ValueError:
        return "." not in host or host.endswith(NETWORK_NAMES)


def unnamed(host: str) -> str:
    """Describe a host of the operator without its name. Makes no DNS query."""
    return _("A machine in a private network") if is_private(host) else _("Another machine; its name is not shown")


def named(host: str) -> str:
    """Describe a host, with its name if it is public."""
    if is_local(host):
        return _("A program on this machine, which passes it on")
    return _("A machine in a private network") if is_private(host) else host
