"""Pages as a browser sees them: where they are, and what their form would send."""

from html.parser import HTMLParser

from django.urls import reverse

from logs.tests.factories import DAY, MORNING_DOSE


def check_in_url(stage, day=DAY) -> str:
    return reverse("logs:check_in", args=[day, stage])


def day_url(day=DAY, name="day") -> str:
    return reverse(f"logs:{name}", args=[day])


class _AnswersForm(HTMLParser):
    """Collects what a browser without JavaScript would send of the form of class `answers`."""

    def __init__(self):
        super().__init__()
        self.sent: dict[str, list[str]] = {}
        self.inside = False
        self.in_template = False
        self.text_area = None
        self.select = None

    def handle_starttag(self, tag, attrs):
        attrs = dict(attrs)
        if tag == "form":
            self.inside = "answers" in (attrs.get("class") or "").split()
        elif tag == "template":
            self.in_template = True
        if not self.inside or self.in_template:
            return
        if tag == "textarea":
            self.text_area = attrs["name"]
            self.add(self.text_area, "")
        elif tag == "select":
            self.select = attrs["name"]
        elif tag == "option" and self.select:
            # The first option is sent unless another is selected.
            if self.select not in self.sent or "selected" in attrs:
                self.sent[self.select] = [attrs["value"]]
        elif tag == "input":
            is_box = attrs.get("type") in {"radio", "checkbox"}
            if not is_box or "checked" in attrs:
                self.add(attrs["name"], attrs.get("value", "on" if is_box else ""))

    def handle_endtag(self, tag):
        if tag == "form":
            self.inside = False
        elif tag == "template":
            self.in_template = False
        elif tag == "textarea" and self.text_area:
            text = self.sent[self.text_area][0].removeprefix("\n")
            self.sent[self.text_area] = [text.replace("\n", "\r\n")]
            self.text_area = None
        elif tag == "select":
            self.select = None

    def handle_data(self, data):
        if self.text_area:
            self.sent[self.text_area][0] += data

    def add(self, name, value):
        self.sent.setdefault(name, []).append(value or "")


def form_as_shown(response) -> dict[str, list[str]]:
    """What the page's form sends if its Save button is pressed at once."""
    parser = _AnswersForm()
    parser.feed(response.content.decode())
    parser.close()
    return parser.sent


def errors_of(response) -> dict[str, list[str]]:
    return dict(response.context["form"].errors)


def shown_doses(response) -> list[dict]:
    """The rows of doses that a page shows, without the blank ones."""
    sent = form_as_shown(response)
    count = int(sent["doses-TOTAL_FORMS"][0])
    rows = [{name: sent[f"doses-{n}-{name}"][0] for name in MORNING_DOSE} for n in range(count)]
    return [row for row in rows if any(row.values())]
