"""The forms of a page, as a browser without JavaScript would send them."""

from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import urljoin, urlsplit

# Types of inputs that show the text that was typed.
TYPED = {"text", "email", "search", "url", "tel", "time", "date", "number", "textarea"}


@dataclass
class Field:
    """The inputs of one name in a form: the values that they send unchanged, and the values that can be chosen."""

    name: str
    kind: str
    shown: list[str] = field(default_factory=list)
    options: list[str] = field(default_factory=list)

    @property
    def sent(self) -> list[str]:
        """The values that a browser sends for an unchanged form. A submit button is sent only if it is pressed."""
        if self.kind == "textarea":
            return [text.replace("\n", "\r\n") for text in self.shown]
        return [] if self.kind == "submit" else self.shown


@dataclass
class Form:
    address: str
    method: str
    classes: frozenset[str] = frozenset()
    fields: dict[str, Field] = field(default_factory=dict)

    @property
    def action(self) -> str:
        """The address without its query."""
        return urlsplit(self.address).path

    @property
    def names(self) -> frozenset[str]:
        return frozenset(self.fields)

    def as_shown(self) -> list[tuple[str, str]]:
        """The data that a browser sends for an unchanged form, without its buttons."""
        return [(each.name, value) for each in self.fields.values() for value in each.sent]

    def as_sent(self) -> dict[str, list[str]]:
        """The same, as data for a client."""
        return {each.name: each.sent for each in self.fields.values() if each.sent}


class _Forms(HTMLParser):
    """Collects the forms, with the fields elsewhere on the page that name theirs."""

    def __init__(self, path: str):
        super().__init__()
        self.path = path
        self.forms: list[Form] = []
        self.by_id: dict[str, Form] = {}
        self.form: Form | None = None
        self.templates = 0  # The content of a <template> is not part of the page.
        self.open: Field | None = None  # a textarea or a select

    def handle_starttag(self, tag, attrs):
        attrs = {name: value or "" for name, value in attrs}
        if tag == "template":
            self.templates += 1
        elif self.templates:
            return
        elif tag == "form":
            classes = frozenset(attrs.get("class", "").split())
            self.form = Form(urljoin(self.path, attrs.get("action", "")), attrs.get("method", "get").lower(), classes)
            self.by_id[attrs.get("id", "")] = self.form
            self.forms.append(self.form)
        elif tag == "option" and self.open:
            self.open.options.append(attrs.get("value", ""))
            if "selected" in attrs:
                self.open.shown.append(attrs.get("value", ""))
        elif tag in {"input", "textarea", "select", "button"} and attrs.get("name"):
            form = self.by_id.get(attrs.get("form", ""), self.form) if "form" in attrs else self.form
            if form:
                self.add(form, tag, attrs)

    def add(self, form, tag, attrs):
        kind = {"input": attrs.get("type", "text"), "button": "submit"}.get(tag, tag)
        found = form.fields.setdefault(attrs["name"], Field(attrs["name"], kind))
        value = attrs.get("value", "on" if kind == "checkbox" else "")
        if tag in {"textarea", "select"}:
            self.open = found
            if tag == "textarea":
                found.shown.append("")
        elif kind in {"radio", "checkbox", "submit"}:
            found.options.append(value)
            if "checked" in attrs:
                found.shown.append(value)
        else:
            found.shown.append(value)

    def handle_endtag(self, tag):
        if tag == "template":
            self.templates -= 1
        elif tag == "form":
            self.form = None
        elif tag == "textarea" and self.open:
            self.open.shown[-1] = self.open.shown[-1].removeprefix("\n")
            self.open = None
        elif tag == "select" and self.open:
            # The first option is sent unless another is selected.
            self.open.shown = self.open.shown or self.open.options[:1]
            self.open = None

    def handle_data(self, data):
        if self.open and self.open.kind == "textarea":
            self.open.shown[-1] += data


def all_forms_in(html: str, path: str) -> list[Form]:
    """The forms of a page at `path`, those for searching among them."""
    parser = _Forms(path)
    parser.feed(html)
    parser.close()
    return parser.forms


def forms_in(html: str, path: str) -> list[Form]:
    """The forms of a page at `path` that are sent by POST."""
    return [form for form in all_forms_in(html, path) if form.method == "post"]
