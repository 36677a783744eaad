"""The form of the search: what to look for, sent in the address."""

from html import escape
from urllib.parse import urlencode

from django import forms
from django.core.exceptions import ValidationError
from django.utils.safestring import mark_safe
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _, ngettext_lazy

from brainlog.forms import SELECTED, Selection, TextBox, attributes, written
from logs.folding import words_in
from logs.form_fields import NumberInput
from logs.forms import LAST_BEFORE_FIRST, DayInput
from logs.question_lists import QUESTION_LISTS
from logs.search_query import Asked, SearchQuery, asked_of


class SearchBox(TextBox):
    input_type = "search"


class GroupedSelection(Selection):
    """A select whose choices stand in groups. One choice can be alone: a key and its label."""

    def render(self, name, value, attrs=None, renderer=None):
        chosen = self.format_value(value)
        html = ""
        for key, label in self.choices:
            if isinstance(label, str):
                html += option(key, label, chosen)
            else:
                options = "".join(option(each, words, chosen) for each, words in label)
                html += f'<optgroup label="{escape(str(key))}">{options}</optgroup>'
        return written('<select name="{}"{}>{}</select>', name, attributes(attrs), mark_safe(html))  # noqa: S308 (escaped)


def option(key: str, label: str, chosen: list[str]) -> str:
    return f'<option value="{escape(key)}"{SELECTED if key in chosen else ""}>{escape(label)}</option>'


class SearchForm(forms.Form):
    """What to look for. Nothing is chosen beforehand; without anything, it is not valid."""

    MOST_CHARACTERS, MOST_WORDS = 200, 20

    def __init__(self, person, sent=None):
        super().__init__(sent)
        self.asked = asked_of(person)
        in_words = [(slug, str(questions.title)) for slug, questions in QUESTION_LISTS.items()]
        self.fields |= {
            "q": forms.CharField(
                label=_("Words"),
                help_text=_("All of them. Capitals and accents do not matter, and a part of a word is enough."),
                # So long that a browser sends it, and the page can say that it is too long.
                widget=SearchBox(attrs={"autocomplete": "off", "maxlength": 300}),
                strip=False,
                required=False,
            ),
            "check_in": forms.ChoiceField(
                label=_("Check-in"),
                choices=[("", _("All")), *in_words],
                widget=Selection,
                required=False,
            ),
            "from": DayInput(label=_("First day"), required=False),
            "to": DayInput(label=_("Last day"), required=False),
            "answered": forms.ChoiceField(
                label=_("Has an answer to"),
                choices=self.questions_by_check_in(self.asked.values()),
                widget=GroupedSelection,
                required=False,
            ),
            "measured": forms.ChoiceField(
                label=_("Has a number for"),
                choices=self.questions_by_check_in(each for each in self.asked.values() if each.has_range),
                widget=GroupedSelection,
                required=False,
            ),
            "least": NumberInput(label=_("At least"), max_digits=12, decimal_places=3, required=False),
            "most": NumberInput(label=_("At most"), max_digits=12, decimal_places=3, required=False),
        }

    @staticmethod
    def questions_by_check_in(asked) -> list[tuple]:
        groups: dict[str, list[tuple[str, str]]] = {slug: [] for slug in QUESTION_LISTS}
        for each in asked:
            groups[each.slug].append((each.question.name, capfirst(str(each.question.label))))
        by_title = [(str(QUESTION_LISTS[slug].title), choices) for slug, choices in groups.items() if choices]
        return [("", str(_("Any"))), *by_title]

    @property
    def days(self) -> list[forms.BoundField]:
        """The first and the last: a template cannot ask for `from`."""
        return [self["from"], self["to"]]

    @property
    def is_open(self) -> bool:
        """Whether more than words is asked for, or refused."""
        return self.is_bound and any(self.data.get(name) or name in self.errors for name in self.fields if name != "q")

    def clean_q(self) -> tuple[str, ...]:
        typed = self.cleaned_data["q"]
        if len(typed) > self.MOST_CHARACTERS:
            message = ngettext_lazy(
                "Please search for at most %(most)d character.",
                "Please search for at most %(most)d characters.",
                "most",
            )
            raise ValidationError(message, "too_long", {"most": self.MOST_CHARACTERS})
        words = words_in(typed)
        if len(words) > self.MOST_WORDS:
            message = ngettext_lazy(
                "Please search for at most %(most)d word.", "Please search for at most %(most)d words.", "most"
            )
            raise ValidationError(message, "too_many", {"most": self.MOST_WORDS})
        if typed and not words:
            raise ValidationError(_("There is no word in this."), "no_words")
        return words

    def clean_answered(self) -> Asked | None:
        return self.asked.get(self.cleaned_data["answered"])

    def clean_measured(self) -> Asked | None:
        return self.asked.get(self.cleaned_data["measured"])

    def clean(self):
        facts = super().clean()
        first, last, least, most = (facts.get(name) for name in ("from", "to", "least", "most"))
        if first and last and last < first:
            self.add_error("to", LAST_BEFORE_FIRST)
        if least is not None and most is not None and most < least:
            self.add_error("most", _("This is less than the least."))
        has_bounds = least is not None or most is not None
        if "measured" in facts and not {"least", "most"} & self.errors.keys():
            if facts["measured"] and not has_bounds:
                self.add_error("measured", _("Write the least number, the most, or both."))
            elif has_bounds and not facts["measured"]:
                self.add_error("measured", _("Choose the question whose numbers you mean."))
        if not self.errors:
            self.require_one_table(facts)
            if not any(value for value in facts.values()):
                self.add_error(None, _("Type a word, or choose what to look for."))
        return facts

    def require_one_table(self, facts: dict):
        """Refuse what no day and no week can have."""
        asked = [facts["answered"] and facts["answered"].slug, facts["measured"] and facts["measured"].slug]
        slugs = filter(None, [*asked, facts["check_in"]])
        if len({QUESTION_LISTS[slug].answers for slug in slugs}) > 1:
            message = _("This asks for a day and for a week at once, and no entry is both. Please choose one of them.")
            self.add_error(None, message)

    @property
    def wanted(self) -> SearchQuery:
        facts = self.cleaned_data
        return SearchQuery(
            words=facts["q"],
            check_in=facts["check_in"] or None,
            first=facts["from"],
            last=facts["to"],
            answered=facts["answered"],
            measured=facts["measured"],
            least=facts["least"],
            most=facts["most"],
        )

    def query(self, **more) -> str:
        """The query of an address that asks the same."""
        sent = {name: self.data[name] for name in self.fields if self.data.get(name)}
        return "?" + urlencode(sent | more)
