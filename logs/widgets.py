"""The inputs of form fields that ask for an answer: what they show, and what they read of what came in.

The person's own words, in units and at the ends of scales, are escaped here.
"""

from decimal import Decimal

from django import forms
from django.utils.formats import number_format
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext

from brainlog.forms import CheckBox, Pills, TextBox, TimeBox, clear_button


def in_digits(number: Decimal) -> str:
    """A number as it is shown in an input: 7.50 → 7.5, 7.00 → 7."""
    return f"{number.normalize():f}"


def number_in_words(number: Decimal) -> str:
    """A number as people read it, in the locale's form with its thousands apart: 37,242. It is not typed like this."""
    return number_format(in_digits(number), use_l10n=True, force_grouping=True)


def number_box() -> TextBox:
    return TextBox(attrs={"inputmode": "decimal", "autocomplete": "off"})


def time_box() -> TimeBox:
    return TimeBox(format="%H:%M")


class Scale(Pills):
    """Ten buttons in a row, with words at both ends. Either end may have none."""

    def __init__(self, ends=("", ""), **kwargs):
        super().__init__(**kwargs)
        self.ends = ends

    def render(self, name, value, attrs=None, renderer=None):
        (lowest, _lowest), *_others, (highest, _highest) = self.choices
        return format_html(
            '<div class="scale">\n  <div class="steps">{}\n  </div>\n'
            '  <div class="ends"><span id="{id}_low">{}</span>\n    {}\n'
            '    <span id="{id}_high">{}</span></div>\n</div>',
            self.buttons(name, value, attrs),
            f"{lowest} {self.ends[0]}".rstrip(),
            clear_button(name, attrs["id"]),
            f"{highest} {self.ends[1]}".rstrip(),
            id=attrs["id"],
        )


class Stepper(TextBox):
    """A text input for a number, with its unit and a − and a + button, which static/js/stepper.js shows and wires.

    `question` is what a screen reader says of the buttons. The person's own words are escaped here.
    """

    question = ""

    def __init__(self, *, unit="", least=None, most=None, step=None):
        # The keypad for decimals of some phones has no minus.
        inputmode = "text" if least is not None and least < 0 else "decimal"
        super().__init__({"inputmode": inputmode, "autocomplete": "off"})
        self.unit = unit
        self.step = step
        self.limits = {"least": least, "most": most, "step": step}

    def render(self, name, value, attrs=None, renderer=None):
        box = super().render(name, value, described_by_unit(attrs, self.unit))
        data = ((key, in_digits(limit)) for key, limit in self.limits.items() if limit is not None)
        return format_html(
            '<div class="measure" data-stepper{}>{}{} <span class="together">{}{}</span>'
            '<span class="visually-hidden" role="status"></span></div>',
            format_html_join("", ' data-{}="{}"', data),
            box,
            unit_beside(attrs, self.unit),
            self.button(-1, "−", gettext("%(question)s: %(step)s less")),
            self.button(1, "+", gettext("%(question)s: %(step)s more")),
        )

    def button(self, direction: int, sign: str, words: str) -> str:
        step = number_format(in_digits(self.step or Decimal(1)), use_l10n=True)
        return format_html(
            '<button type="button" class="button" data-step-by="{}" aria-label="{}" hidden>{}</button>',
            direction,
            words % {"question": self.question, "step": step},
            sign,
        )


def described_by_unit(attrs: dict, unit: str) -> dict:
    """The attributes of an input that has its unit beside it."""
    if not unit:
        return attrs
    described_by = " ".join(filter(None, [attrs.get("aria-describedby"), f"{attrs['id']}_unit"]))
    return attrs | {"aria-describedby": described_by}


def unit_beside(attrs: dict, unit: str) -> str:
    return format_html(' <span class="unit" id="{}_unit">{}</span>', attrs["id"], unit) if unit else ""


class TwoInputs(forms.MultiWidget):
    """Two inputs of one question. The name of the first is the question's; `SUFFIX` follows it in that of the second.

    What came in is a list of two, or None if both were left blank.
    """

    SUFFIX: str

    def __init__(self, first: forms.Widget, second: forms.Widget):
        super().__init__([first, second])
        self.widgets_names = ["", self.SUFFIX]

    def value_from_datadict(self, data, files, name):
        values = super().value_from_datadict(data, files, name)
        return values if any(values) else None

    def values_of(self, value) -> list:
        """What the two inputs show of an answer, or of what came in."""
        return value if isinstance(value, list) else self.decompress(value)

    def attrs_of_second(self, attrs: dict) -> dict:
        return attrs | {"id": f"{attrs['id']}{self.SUFFIX}"}


class TwoTextBoxes(TwoInputs):
    """Two text inputs for numbers, with their unit."""

    SUFFIX = "-2"

    def __init__(self, unit=""):
        super().__init__(number_box(), number_box())
        self.unit = unit

    def decompress(self, value):
        return [in_digits(number) for number in value] if value else [None, None]

    def render(self, name, value, attrs=None, renderer=None):
        first, second = self.values_of(value)
        described = described_by_unit(attrs, self.unit)
        return format_html(
            '<div class="measure">{} <span aria-hidden="true">/</span> {}{}</div>',
            self.widgets[0].render(name, first, described | {"aria-label": gettext("First number")}),
            self.widgets[1].render(
                name + self.SUFFIX, second, self.attrs_of_second(described) | {"aria-label": gettext("Second number")}
            ),
            unit_beside(attrs, self.unit),
        )


# The answer to a question about a time of day that passed unnoticed.
NOT_NOTICED = "not noticed"


class TimeAndBox(TwoInputs):
    """A time of day and a check box that says that there was none to notice."""

    SUFFIX = "-not-noticed"

    def __init__(self):
        super().__init__(time_box(), CheckBox())

    def decompress(self, value):
        return [None, True] if value == NOT_NOTICED else [value, False]

    def value_omitted_from_data(self, data, files, name):
        # Django's answer for a check box is always no, because a browser sends nothing of one that is not ticked.
        return name not in data and name + self.SUFFIX not in data

    def render(self, name, value, attrs=None, renderer=None):
        time, is_ticked = self.values_of(value)
        return format_html(
            '<div class="measure">{} <label class="pill">{}<span>{}</span></label></div>',
            self.widgets[0].render(name, time, attrs | {"aria-label": gettext("Time")}),
            self.widgets[1].render(name + self.SUFFIX, is_ticked, self.attrs_of_second(attrs)),
            gettext("Not noticed"),
        )
