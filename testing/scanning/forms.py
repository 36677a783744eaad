"""The forms of a page, filled in with valid values, because scanners do not know which values a form accepts."""

from dataclasses import dataclass
from html import escape

from testing.forms import Field, all_forms_in

# Values for empty fields, by type.
ANYTHING = {"text": "Something", "textarea": "Something", "email": "person@example.org", "number": "2"}
ANYTHING |= {"date": "2026-05-04", "time": "08:15", "password": "nobodys-password"}


@dataclass
class Form:
    action: str
    method: str
    values: list[tuple[str, str]]

    def __str__(self) -> str:
        """The form as HTML, with all values in hidden fields."""
        fields = (f'<input type="hidden" name="{escape(name)}" value="{escape(value)}">' for name, value in self.values)
        return (
            f'<form action="{escape(self.action)}" method="{self.method}">{"".join(fields)}<button>Go</button></form>'
        )


def filled_in(address: str, page: str) -> list[Form]:
    """The forms of a page as a browser would send them, empty fields filled in."""
    return [
        Form(form.address, form.method, [(each.name, value) for each in form.fields.values() for value in values(each)])
        for form in all_forms_in(page, address)
    ]


def values(field: Field) -> list[str]:
    anything = [ANYTHING.get(field.kind, ""), *(field.options if field.kind == "select" else [])]
    shown = [value for value in field.shown if value.strip() and field.kind != "submit"]
    return shown or list(filter(None, anything))[:1]
