"""The page of help, offered softly after a mood of 1 or 2: docs/decisions/0035-help-and-care.md."""

from django.contrib import messages
from django.utils.translation import gettext as _

from logs.stages import MOODS

HIGHEST_MOOD = 2  # of 10, after which it is offered
OFFER = 26  # The level of its message, whose tag is in MESSAGE_TAGS.
# In the session, which ends with the login: the person's day on which it was last offered.
OFFERED_ON = "help_offered_on"


def offer_help(sender, *, request, log, change, **kwargs):
    """Offer the page of help after a save of a low mood, at most once on a person's day. Leaves no other trace.

    Also while notices are paused: a person may have paused them because the week is hard. It has its own switch.
    """
    person = request.user
    if not person.is_offered_help or not has_low_mood(log, change):
        return
    today = person.today().isoformat()
    if request.session.get(OFFERED_ON) != today:
        request.session[OFFERED_ON] = today
        messages.add_message(request, OFFER, _("That sounds like a hard moment. What you saved is kept as it is."))


def has_low_mood(log, change) -> bool:
    """Whether a save changed a built-in mood to a low one."""
    moods = [getattr(log, name) for name in MOODS if change and name in change.answers]
    return any(mood is not None and mood <= HIGHEST_MOOD for mood in moods)
