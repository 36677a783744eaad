"""The page of a person's questions: which are asked, where, and in which order."""

from django.contrib import messages
from django.core.exceptions import BadRequest
from django.http import Http404
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _, gettext_lazy as lazy

from logs import question_changes
from logs.one_question import scores_asked
from logs.question_changes import MOVES, QuestionChanges
from logs.question_choices import Choices, Place
from logs.question_lists import QUESTION_LISTS, questions_for, questions_of
from logs.questions import OWN_NAME
from logs.stages import STAGE_BY_SLUG

SWITCH = {"on": True, "off": False}
MOST_MOVES = 10  # in one request; the page sends one


def questions(request):
    """Which questions are asked, list by list. A POST has one change or several."""
    slug = list_named(request.POST if request.method == "POST" else request.GET)
    if request.method == "POST":
        wanted, off_before = wanted_of(request), off_check_ins(request.user)
        question_changes.arrange(request.user, wanted)
        say_what_changed(request, wanted, off_before)
        if wanted.one is not None:
            return redirect(page_of_list(slug, "one"))
        names = [*wanted.places, *(name for name, _by in wanted.moves)]
        return redirect(page_of_list(slug, names[0] if len(names) == 1 else ""))
    return render(request, "logs/questions.html", page_context(request.user, slug))


def list_named(data) -> str:
    """The slug of the list that a page shows. Raises Http404 for one that does not exist."""
    slug = data.get("check_in") or next(iter(QUESTION_LISTS))
    if slug not in QUESTION_LISTS:
        raise Http404
    return slug


def page_of_list(slug: str, name: str = "") -> str:
    """The address of a list, at the question of this name."""
    fragment = f"#{name}" if name else ""
    return f"{reverse('logs:questions')}?check_in={slug}{fragment}"


def wanted_of(request) -> QuestionChanges:
    """Read the names of questions and check-ins that came in.

    Raises BadRequest for what is no place or no question, Http404 for an own question that is not the person's.
    """
    data = request.POST
    questions = [question for slug in QUESTION_LISTS for question in questions_of(slug, request.user)]
    known = {question.name for question in questions}
    head_of = {question.name: question.shown_when[0] for question in questions if question.shown_when}
    moves = [(name, by) for key, by in MOVES.items() for name in data.getlist(key)]
    names = [*data, *(name for name, _by in moves)]
    if any(name.startswith("own-") and name not in known for name in names):
        raise Http404
    if len(moves) > MOST_MOVES or not known.issuperset(name for name, _by in moves):
        raise BadRequest("An unknown question, or too many to move at once.")
    try:
        # What depends on another question goes with it, wherever it is put.
        places = {name: Place(data[name]) for name in data if name in known - head_of.keys()}
        check_ins = {name: SWITCH[data[name]] for name in data if name in STAGE_BY_SLUG}
    except (KeyError, ValueError) as error:
        raise BadRequest("An unknown place.") from error
    one = data.get("one")
    if one and one not in known:
        raise Http404 if OWN_NAME.fullmatch(one) else BadRequest("An unknown question.")
    moved_heads = [(head_of.get(name, name), by) for name, by in moves]
    return QuestionChanges(places, check_ins, moved_heads, resets="reset" in data, one=one)


def off_check_ins(person) -> set[str]:
    return {slug for slug, stage in STAGE_BY_SLUG.items() if not stage.is_on(person)}


def said_of_emptied(person, off_before: set[str]) -> str:
    """That a check-in is off since, because it asks nothing any more; empty if none is."""
    emptied = [
        str(QUESTION_LISTS[slug].title)
        for slug in STAGE_BY_SLUG
        if slug in off_check_ins(person) - off_before
        and not any(question.is_asked for question in questions_of(slug, person))
    ]
    if not emptied:
        return ""
    return _("Nothing is left to ask in %(check_in)s, so it is off.") % {"check_in": ", ".join(emptied)}


def say_what_changed(request, wanted: QuestionChanges, off_before: set[str]):
    if wanted.one and Choices.from_json(request.user.question_choices).one != wanted.one:
        # It was on the page, and is not asked any more.
        messages.error(request, _("Choose a question that is answered from 1 to 10 and that you are asked."))
    else:
        messages.success(request, said_after(request.user, wanted, off_before))


def said_after(person, wanted: QuestionChanges, off_before: set[str]) -> str:
    """What was changed, in words."""
    if wanted.resets:
        return _("The usual questions are back. Your own stay as they are.")
    if emptied := said_of_emptied(person, off_before):
        return emptied
    for slug, is_on in wanted.check_ins.items():
        if is_on != STAGE_BY_SLUG[slug].is_on(person):
            return _("%(check_in)s asks nothing, so it stays off.") % {"check_in": QUESTION_LISTS[slug].title}
        words = _("%(check_in)s is on.") if is_on else _("%(check_in)s is off.")
        return words % {"check_in": QUESTION_LISTS[slug].title}
    return _("Saved. Answers you gave stay as they are.")


def page_context(person, slug: str) -> dict:
    """The questions of one list by their place, and the other lists."""
    asked = questions_of(slug, person)
    heads = [question for question in asked if not question.shown_when and not is_archived(question)]
    return {
        "list": QUESTION_LISTS[slug],
        "is_on": slug not in STAGE_BY_SLUG or STAGE_BY_SLUG[slug].is_on(person),
        "can_be_off": slug in STAGE_BY_SLUG,
        "lists": [
            {
                "slug": each.slug,
                "title": each.title,
                "is_off": each.slug in STAGE_BY_SLUG and not STAGE_BY_SLUG[each.slug].is_on(person),
                "is_now": each.slug == slug,
            }
            for each in QUESTION_LISTS.values()
        ],
        "parts": [part_of(place, [each for each in heads if each.place == place], asked) for place in Place],
        "archived": archived_questions(person),
        "is_usual": not person.question_choices,
        "scores": scores_to_choose(person),
    }


def scores_to_choose(person) -> list[tuple[str, str, bool]]:
    """What can be the one question of a bad day: name, label, and whether it is chosen. The first is the usual one."""
    scores, chosen = scores_asked(person), Choices.from_json(person.question_choices).one
    usual = ("", _("Mood, morning or evening"), chosen not in scores)
    return [usual, *((name, str(question.label), name == chosen) for name, question in scores.items())]


TITLES = {
    Place.FIRST: (lazy("Asked first"), lazy("They make a check-in done.")),
    Place.FOLDED: (lazy("Folded away"), lazy("Under “More questions”.")),
    Place.OFF: (lazy("Left out"), lazy("Not asked. Earlier answers stay.")),
}
OFFERS = {Place.FIRST: lazy("Ask first"), Place.FOLDED: lazy("Fold away"), Place.OFF: lazy("Leave out")}


def part_of(place: Place, heads: list, asked) -> dict:
    title, subtitle = TITLES[place]
    return {
        "place": place.value,
        "title": title,
        "subtitle": subtitle,
        "questions": [
            {
                "name": question.name,
                "label": str(question.label),
                "with": [str(each.label) for each in asked if each.shown_when and each.shown_when[0] == question.name],
                "own": question.own.pk if hasattr(question, "own") else None,
                "is_first": number == 0,
                "is_last": number == len(heads) - 1,
                "offers": [(other.value, OFFERS[other]) for other in Place if other != place],
            }
            for number, question in enumerate(heads)
        ],
    }


def is_archived(question) -> bool:
    return hasattr(question, "own") and question.own.archived_at is not None


def archived_questions(person) -> list:
    return [question for question in questions_for(person).own if is_archived(question)]
