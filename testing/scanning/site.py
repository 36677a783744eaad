"""The scanned site, gunicorn with https on PostgreSQL, and the requests it received."""

import json
import ssl
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPSConnection
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
from psycopg import sql

from testing.certificates import make_certificates
from testing.gunicorn import manage, throwaway_site
from testing.postgres import throwaway_cluster

# With a mail server that sends nothing: without one, there is no form for a new password.
SETTINGS = {"DJANGO_SETTINGS_MODULE": "testing.scanning.settings", "HTTPS": "True", "EMAIL_URL": "dummymail://"}
MAKE_PARTS = "from testing.scanning import pages; pages.main()"
TABLES_OF_PEOPLE = """
SELECT table_name FROM information_schema.columns WHERE column_name = 'user_id' AND table_schema = 'public'
"""
ROWS_BY_ANOTHER_WAY = {
    "accounts_user": "SELECT * FROM accounts_user WHERE id = %s",
    "logs_dose": "SELECT * FROM logs_dose WHERE daily_log_id IN (SELECT id FROM logs_dailylog WHERE user_id = %s)",
}


@dataclass
class Part:
    """The part of a scanner: its start page, its cookies, and the URLs of pages to open and forms to send."""

    start: str
    cookies: dict[str, str]
    pages: list[str]
    forms: list[str]


@dataclass
class Request:
    """A request that the site has answered. `location` is where it redirected to, or empty."""

    method: str
    status: int
    path: str
    location: str = ""

    @property
    def is_sent_to_login(self) -> bool:
        return self.location.startswith("/accounts/login/?")


@dataclass
class ScannedSite:
    url: str
    parts: dict[str, Part]
    database_url: str
    access_log: Path

    def requests(self) -> list[Request]:
        """All requests so far, in order."""
        lines = (line.split(" ", 3) for line in self.access_log.read_text(errors="replace").splitlines())
        return [Request(method, int(status), path, location.strip("-")) for method, status, location, path in lines]

    def is_logged_in(self, part: Part) -> bool:
        """Whether the session of a part is still valid."""
        site = urlsplit(self.url)
        context = ssl.create_default_context(cafile=self.access_log.parent / "ca.crt")
        connection = HTTPSConnection(site.hostname, site.port, timeout=30, context=context)
        try:
            cookie = "; ".join(f"{name}={value}" for name, value in part.cookies.items())
            connection.request("GET", "/accounts/profile/", headers={"Cookie": cookie})
            return connection.getresponse().status == 200
        finally:
            connection.close()

    def rows_of_the_other(self) -> dict[str, Counter]:
        """All rows of the person as whom no scanner logs in, by table."""
        with psycopg.connect(self.database_url) as connection:
            [(person,)] = connection.execute("SELECT id FROM accounts_user WHERE username = 'demo'").fetchall()
            queries = ROWS_BY_ANOTHER_WAY | {
                table: sql.SQL("SELECT * FROM {} WHERE user_id = %s").format(sql.Identifier(table))
                for (table,) in connection.execute(TABLES_OF_PEOPLE).fetchall()
            }
            return {table: Counter(map(str, connection.execute(query, [person]))) for table, query in queries.items()}


@contextmanager
def scanned_site() -> Iterator[ScannedSite]:
    """Yield a site with two people for the scanners, and one whose rows must not change."""
    with throwaway_cluster() as cluster, tempfile.TemporaryDirectory(prefix="brainlog-scan-") as name:
        folder = Path(name)
        make_certificates(folder, "client")
        environment = SETTINGS | {"STATIC_ROOT": str(folder / "static")}
        must(cluster.url, "migrate", **environment)
        must(cluster.url, "collectstatic", "--noinput", **environment)
        made = must(cluster.url, "shell", "--no-imports", "--command", MAKE_PARTS, LOG_LEVEL="CRITICAL", **environment)
        access_log = folder / "access.log"
        options = f"--certfile={folder}/server.crt --keyfile={folder}/server.key --access-logfile={access_log}"
        environment["GUNICORN_CMD_ARGS"] = f"{options} --access-logformat='%(m)s %(s)s %({{location}}o)s %(U)s'"
        with throwaway_site(cluster.url, **environment) as site:
            parts = {name: Part(**part) for name, part in json.loads(made.splitlines()[-1]).items()}
            yield ScannedSite(site.url.replace("http:", "https:"), parts, cluster.url, access_log)


def must(url: str, *arguments: str, **environment: str) -> str:
    """Run a command of manage.py, and return what it printed. Raises RuntimeError."""
    result = manage(url, *arguments, **environment)
    if result.returncode:
        raise RuntimeError(f"manage.py {arguments[0]} failed: {result.stderr.strip()}")
    return result.stdout
