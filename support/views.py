from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from accounts.middleware import lacks_second_factor
from logs import undo
from logs.answer_form import store
from support.countries import names, probable_country
from support.forms import CountryForm, PlanForm
from support.models import PLAN_QUESTIONS, HelpLine, SupportPlan, countries_of


@login_not_required
@require_safe
def help_page(request):
    """The person's own plan, then the lines of a country: the one chosen, else the probable one.

    Open to those who must add a second factor first, without their plan.
    """
    person, lines = request.user, list(HelpLine.objects.all())
    codes = countries_of(lines)
    chosen = request.GET.get("country")
    country = chosen if chosen in codes else probable_country(request)
    context = {
        "is_unknown": chosen is not None and chosen not in codes,
        "plan": SupportPlan.of(person) if person.is_authenticated and not lacks_second_factor(person) else None,
        "form": CountryForm(codes, initial={"country": country}),
        "country": names().get(country),
        "lines": sorted((line for line in lines if line.is_in(country)), key=lambda line: not line.is_emergency),
    }
    return render(request, "support/help.html", context)


def plan(request):
    if request.method == "POST":
        form = store(lambda: PlanForm(SupportPlan.of(request.user, lock=True), request.POST))
        if form.is_accepted:
            text = (
                _("Your plan is saved.") if form.instance.pk else _("The page is empty, so nothing is stored for it.")
            )
            undo.say(request, text, address=reverse("support:undo"), change=form.change)
            return redirect("support:help")
        undo.say_partly(request, address=reverse("support:undo"), change=form.change)
    else:
        form = PlanForm(SupportPlan.of(request.user))
    return render(request, "support/plan.html", {"form": form})


@require_POST
def undo_change(request):
    """Undo a save of the plan."""
    person = request.user
    try:
        about, change = undo.opened(request)
        change = undo.undo(lambda: SupportPlan.of(person, lock=True), {None: PLAN_QUESTIONS}, change)
    except undo.CannotUndoError as refusal:
        messages.error(request, str(refusal))
    else:
        undo.say_undone(request, _("Your plan"), address=request.path, about=about, change=change)
    return redirect("support:help")


@require_POST
def stop_offering(request):
    """Do not offer the page of help after a low mood any more. The link to it stays on every page."""
    request.user.stop_offering_help()
    messages.success(request, _("It is not offered any more. The link stays at the end of every page."))
    return redirect("today")
