"""The words of a reminder. On a lock screen they say nothing about medication, mood or the day."""

from django.urls import reverse
from django.utils.translation import gettext as _

from logs.addresses import address_of_check_in
from logs.check_in_times import WEEK
from logs.stages import MEDICATION, STAGE_BY_SLUG
from reminders.channels import Message
from reminders.models import Delivery, Plan
from reminders.schedule import Window


def message_for(delivery: Delivery, words: str) -> Message:
    """The message of a delivery, in the words that the person has chosen."""
    return Message(
        title=title_of(delivery.slug, words),
        body="",
        path=path_of(delivery, words),
        tag=f"{delivery.day}-{delivery.slug}" if words == Plan.Words.PLAIN else "log",
        worth_until=delivery.worth_until,
    )


def title_of(slug: str, words: str) -> str:
    if words != Plan.Words.PLAIN:
        return _("Time for your log")
    if slug == MEDICATION.slug:  # Not even these say that a person takes any.
        return _("Time for your check-in")
    if slug == WEEK:
        return _("Your week in review")
    return _("%(check_in)s check-in") % {"check_in": STAGE_BY_SLUG[slug].title}


def path_of(occurrence: Delivery | Window, words: str) -> str:
    """The page that a reminder leads to."""
    if words != Plan.Words.PLAIN or occurrence.slug == MEDICATION.slug:
        return "/"  # Addresses are shown too. Today marks the check-in of the hour.
    if occurrence.slug == WEEK:
        return reverse("reflections:week", args=[occurrence.day])
    return address_of_check_in(occurrence.day, occurrence.slug)
