"""A person's own short list of appointments: the form of one, and how it is stored."""

from django import forms
from django.core.exceptions import ValidationError
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext, gettext_lazy as _

from brainlog.database.retry import retry_on_conflict
from insights.models import Appointment
from logs.forms import DayInput
from logs.own_question_form import WordsInput
from logs.question_changes import locked


class AppointmentForm(forms.Form):
    """`appointment` is the one to be changed, None for a new one."""

    date = DayInput(label=_("Day"))
    with_whom = WordsInput(
        label=_("With whom?"), max_length=Appointment._meta.get_field("with_whom").max_length, required=False
    )

    def __init__(self, data=None, *, appointment: Appointment | None = None):
        stored = {name: getattr(appointment, name) for name in self.base_fields} if appointment else {}
        super().__init__(data, initial=stored)


def fill(appointment: Appointment, facts: dict):
    appointment.date, appointment.with_whom = facts["date"], facts["with_whom"] or None


@retry_on_conflict
def add_appointment(person, facts: dict) -> Appointment:
    """Raises ValidationError if there is no room."""
    if locked(person).appointments.count() >= Appointment.MOST_STORED:
        message = gettext("There is no room for more than %(most)d. Delete one that you no longer need.")
        raise ValidationError(message % {"most": Appointment.MOST_STORED}, code="too_many")
    appointment = Appointment(user=person)
    fill(appointment, facts)
    appointment.save(force_insert=True)
    return appointment


@retry_on_conflict
def change_appointment(person, pk: int, facts: dict) -> Appointment:
    """Raises Http404."""
    appointment = get_object_or_404(person.appointments.select_for_update(), pk=pk)
    fill(appointment, facts)
    appointment.save(update_fields=["date", "with_whom"])
    return appointment
