from django import forms
from django.core.exceptions import ValidationError
from django.utils.functional import SimpleLazyObject
from django.utils.text import get_text_list
from django.utils.translation import gettext, gettext_lazy as _

from accounts import zones
from accounts.models import User
from brainlog.forms import DatalistInput


def offered(names: list[str]) -> str:
    """`“Portland, Maine” or “Portland, Oregon”`."""
    return get_text_list([gettext("“%(name)s”") % {"name": name} for name in names], gettext("or"))


class ZoneField(forms.CharField):
    """Asks for a time zone by the name of a city, and returns the name of the zone."""

    default_error_messages = {
        "ambiguous": _("That can be several places. Type one of them: %(names)s, or another city near you."),
        "similar": _("We don't know “%(name)s”. Do you mean %(names)s?"),
        "unknown": _("We don't know “%(name)s”. Type a larger city that has the same time, such as Berlin."),
    }

    def __init__(self, *, attrs=None, **options):
        names = SimpleLazyObject(lambda: [place.name for place in zones.cities()])  # Reads the zone files once.
        widget = DatalistInput(names, attrs={"autocomplete": "off", "spellcheck": "false"} | (attrs or {}))
        model_field = User._meta.get_field("timezone")
        super().__init__(
            label=model_field.verbose_name,
            help_text=model_field.help_text,
            max_length=zones.MAX_LENGTH,
            widget=widget,
            **{"initial": model_field.default} | options,
        )

    def clean(self, value):
        name = super().clean(value)
        places = zones.find(name)
        if len(places) == 1:
            return places[0].zone
        code, names = ("ambiguous", [place.name for place in places]) if places else ("similar", zones.similar(name))
        code = code if names else "unknown"
        facts = {"name": name, "names": offered(names[: zones.MOST_OFFERED])}
        raise ValidationError(self.error_messages[code], code, facts)
