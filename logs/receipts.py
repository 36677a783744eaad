"""The message after answers of a day were saved."""

from django.dispatch import Signal
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from logs import undo
from logs.models import DailyLog

# After answers of a day were saved by a person, before the message that says so. With `request`, `log`, and `change`,
# which is None if the save changed nothing.
answers_saved = Signal()


def say_saved(request, text: str, form, **options):
    """Say what was saved, as undo.say() does, with a link to the page of help: the same after every answer."""
    announce(request, form)
    undo.say(request, with_help(text), change=form.change, **options)


def say_partly_saved(request, form, **options):
    """The same for a page with errors, as undo.say_partly() does."""
    if form.change:
        announce(request, form)
        undo.say_partly(request, change=form.change, wrap=with_help, **options)


def with_help(text: str) -> SafeString:
    """A message with a link to the page of help."""
    return format_html(
        '{} <a class="aside" href="{}">{}</a>', text, reverse("support:help"), _("Need to talk to someone?")
    )


def announce(request, form):
    """Send the signal. An error of a receiver is logged, and the save stands."""
    answers_saved.send_robust(DailyLog, request=request, log=form.instance, change=form.change)
