from allauth.account.decorators import reauthentication_required
from django.contrib import messages
from django.http import StreamingHttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _, ngettext
from django.views.decorators.http import require_safe

from accounts import rate_limits, security_events
from accounts.forms import UsernameConfirmationForm
from personal_data.export import archive
from personal_data.wipe import wipe_all


@require_safe
def overview(request):
    return render(request, "personal_data/overview.html", {"kept": logged_counts(request.user)})


def logged_counts(person) -> list[str]:
    """How many days, medications, weeks, own questions, events and reports there are, as texts. Six queries at most."""
    days, medications = person.daily_logs.count(), person.medications.count()
    weeks = person.weekly_reflections.count()
    own = person.own_questions.count() if person.has_own_questions else 0
    events = person.events.count()
    reports = person.reports.count()
    reports_in_words = ngettext("%(count)d report", "%(count)d reports", reports) % {"count": reports}
    events_in_words = ngettext("%(count)d note of what happened", "%(count)d notes of what happened", events)
    own_in_words = ngettext("%(count)d question of your own", "%(count)d questions of your own", own) % {"count": own}
    return [
        ngettext("%(count)d day", "%(count)d days", days) % {"count": days},
        ngettext("%(count)d medication", "%(count)d medications", medications) % {"count": medications},
        ngettext("%(count)d weekly reflection", "%(count)d weekly reflections", weeks) % {"count": weeks},
        *([own_in_words] if own else []),
        *([events_in_words % {"count": events}] if events else []),
        *([reports_in_words] if reports else []),
    ]


@reauthentication_required(app="accounts")
def export(request):
    person = request.user
    if request.method != "POST":
        return render(request, "personal_data/export.html")
    rate_limits.consume(rate_limits.EXPORT, str(person.pk))
    security_events.record(security_events.Kind.EXPORTED, person, request)
    name = f"brain-log-{person.local_time().date()}.zip"
    headers = {
        "Content-Disposition": f'attachment; filename="{name}"',
        "Content-Encoding": "identity",  # The file is compressed; GZipMiddleware would do it again.
    }
    return StreamingHttpResponse(archive(person), content_type="application/zip", headers=headers)


@reauthentication_required(app="accounts")
def wipe(request):
    person = request.user
    form = UsernameConfirmationForm(request.POST if request.method == "POST" else None, user=person)
    if form.is_valid():
        wipe_all(person)
        security_events.record(security_events.Kind.WIPED, person, request)
        # The tag makes the page that shows this message clear the drafts in this person's browser storage.
        messages.success(request, _("All that you have logged is deleted."), extra_tags=f"{person.pk}/")
        return redirect("personal_data:overview")
    return render(request, "personal_data/wipe.html", {"form": form, "kept": logged_counts(person)})
