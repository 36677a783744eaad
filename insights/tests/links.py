"""Making links to reports, and opening them as their readers do."""

import datetime

from django.test import Client
from django.urls import reverse

from insights.models import Report, ReportLink

OPENED_AT = datetime.datetime(2026, 5, 4, 12, 0, tzinfo=datetime.UTC)
STATUS = "Self-reported by the user."
PASSPHRASE = "the blue door by the sea"


def make_link(report: Report, days: int = 7, passphrase: str = "") -> str:
    """The path of a new link."""
    _link, token = ReportLink.objects.make(report, days, passphrase)
    return path_of(token)


def path_of(token: str) -> str:
    return reverse("insights:shared", args=[token])


NOWHERE = path_of("a" * 32)


def open_report(path: str, client: Client | None = None, passphrase: str = ""):
    """Ask for the report as a reader does, and follow where that leads."""
    return (client or Client()).post(path, {"passphrase": passphrase}, follow=True)


def pdf_of_link(path: str) -> str:
    return f"{path}{Report.objects.get().pdf_name}.pdf"
