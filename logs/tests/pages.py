"""URLs of pages, and the data that their forms would send."""

from django.urls import reverse

from logs.tests.factories import DAY, MORNING_DOSE
from testing.forms import forms_in


def check_in_url(stage, day=DAY) -> str:
    return reverse("logs:check_in", args=[day, stage])


def day_url(day=DAY, name="day") -> str:
    return reverse(f"logs:{name}", args=[day])


def form_as_shown(response) -> dict[str, list[str]]:
    """The data that the page's form sends if nothing is changed."""
    forms = forms_in(response.content.decode(), response.request["PATH_INFO"])
    [form] = [form for form in forms if "answers" in form.classes]
    return form.as_sent()


def errors_of(response) -> dict[str, list[str]]:
    return dict(response.context["form"].errors)


def shown_doses(response) -> list[dict]:
    """The rows of doses that a page shows, without the blank ones."""
    sent = form_as_shown(response)
    count = int(sent["doses-TOTAL_FORMS"][0])
    rows = [{name: sent[f"doses-{n}-{name}"][0] for name in MORNING_DOSE} for n in range(count)]
    return [row for row in rows if any(row.values())]
