"""The pages of findings: what was found, what chance alone shows, and a guess of the person's own."""

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from insights.findings import requests
from insights.findings.cards import FindingsPage
from insights.findings.family import compared
from insights.findings.guess_form import GuessForm
from insights.findings.guesses import ask_guess
from insights.findings.sentences import compared_in_words, noise_in_words, share_in_words
from insights.findings.words import words_for
from insights.models import Computation, Guess
from logs.question_lists import questions_of_day


@require_safe
def findings(request):
    """What was computed last, and what becomes of the next computation."""
    person = request.user
    state, noise = requests.current(person), requests.noise(person)
    found = FindingsPage(state.result, words_for(person, state.result.results)) if state.result else None
    tried = noise_in_words(noise.result) if noise.result else ""
    context = {"found": found, "state": state, "noise": noise, "noise_sentence": tried}
    return render(request, "insights/findings/findings.html", context)


@require_POST
def compute(request, kind):
    """Ask for the findings, or for what chance shows. The same is never computed twice."""
    requests.start(request.user, kind)
    return redirect(reverse("insights:findings") + ("#noise" if kind == Computation.Kind.NOISE else ""))


@require_safe
def findings_state(request):
    """How far what is computed is, for a script: percent and words by kind, or null for what is not on its way."""
    shares = requests.shares(request.user)
    words = {kind: share_in_words(share) for kind, share in shares.items() if share is not None}
    return JsonResponse({"progress": shares, "words": words})


def guess(request):
    """A form for a guess, and those that were asked."""
    person, words = request.user, words_for(request.user)
    guesses = [*person.guesses.all()]
    asked = {compared(each.exposure, each.outcome, each.lag).key for each in guesses}
    form = GuessForm(words, questions_of_day(person), asked, request.POST if request.method == "POST" else None)
    if form.is_bound and form.is_valid():
        try:
            ask_guess(person, form.cleaned_data)
        except ValidationError as error:
            form.add_error(None, error)
        else:
            messages.success(request, _("It is asked. It counts from now on, with all other comparisons."))
            return redirect("insights:findings")
    lines = [{"name": name_of_guess(each, words), "asked_on": each.asked_on} for each in guesses]
    context = {"form": form, "guesses": lines, "left": Guess.MOST - len(guesses), "most": Guess.MOST}
    return render(request, "insights/findings/guess.html", context)


def name_of_guess(guess, words) -> str:
    return compared_in_words(words.exposure(guess.exposure), words.outcome(guess.outcome), guess.lag)
