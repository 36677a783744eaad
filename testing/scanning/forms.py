"""The forms of a page, filled in: scanners do not know what a form wants, and learn little from refusals."""

from dataclasses import dataclass, field
from html import escape
from html.parser import HTMLParser

# What goes into an empty field, by its type.
ANYTHING = {"text": "Something", "textarea": "Something", "email": "somebody@example.org", "number": "2"}
ANYTHING |= {"date": "2026-05-04", "time": "08:15", "password": "nobodys-password"}


@dataclass
class Form:
    action: str
    method: str
    values: list[tuple[str, str]] = field(default_factory=list)

    def __str__(self) -> str:
        """The form again, with all values in hidden fields."""
        fields = (f'<input type="hidden" name="{escape(name)}" value="{escape(value)}">' for name, value in self.values)
        return (
            f'<form action="{escape(self.action)}" method="{self.method}">{"".join(fields)}<button>Go</button></form>'
        )


class Forms(HTMLParser):
    """Reads `forms` out of a page as a browser would send them, empty fields filled in."""

    def __init__(self, address: str, page: str):
        super().__init__()
        self.address, self.forms = address, []
        self.form = self.textarea = self.select = None
        self.templates = 0  # What is inside of one is not on the page.
        self.feed(page)
        self.close()

    def handle_starttag(self, tag, attrs):
        attrs = dict(attrs)
        if tag == "template":
            self.templates += 1
        elif self.templates:
            return
        elif tag == "form":
            self.form = Form(attrs.get("action") or self.address, attrs.get("method", "get").lower())
            self.forms.append(self.form)
        elif self.form is None:
            return
        elif tag == "textarea" and "name" in attrs:
            self.textarea = [attrs["name"], ""]
        elif tag == "select" and "name" in attrs:
            self.select = [attrs["name"], []]
        elif tag == "option" and self.select:
            self.select[1].append(("selected" in attrs, attrs.get("value", "")))
        elif tag == "input" and "name" in attrs:
            self.take_input(attrs)

    def take_input(self, attrs):
        kind, value = attrs.get("type", "text"), attrs.get("value") or ""
        if kind in {"radio", "checkbox"}:
            value = attrs.get("value", "on") if "checked" in attrs else ""
        if value := value or ANYTHING.get(kind, ""):
            self.form.values.append((attrs["name"], value))

    def handle_data(self, data):
        if self.textarea:
            self.textarea[1] += data

    def handle_endtag(self, tag):
        if tag == "template":
            self.templates -= 1
        elif tag == "form":
            self.form = None
        elif tag == "textarea" and self.textarea:
            name, text = self.textarea
            self.form.values.append((name, text.strip() or ANYTHING["textarea"]))
            self.textarea = None
        elif tag == "select" and self.select:
            name, options = self.select
            chosen = [value for is_selected, value in options if is_selected] or [
                value for _, value in options if value
            ]
            self.form.values += [(name, chosen[0])] if chosen else []
            self.select = None
