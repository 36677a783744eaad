"""The pages of a person's appointments. Messages, which a cookie has until they are shown, hold none of their words."""

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from insights.appointments import AppointmentForm, add_appointment, change_appointment


def appointments(request):
    """All of them, newest first, and a form for a new one."""
    form = AppointmentForm(request.POST if request.method == "POST" else None)
    if form.is_bound and form.is_valid():
        try:
            add_appointment(request.user, form.cleaned_data)
        except ValidationError as error:
            form.add_error(None, error)
        else:
            messages.success(request, _("The appointment is on your list."))
            return redirect("insights:appointments")
    context = {"form": form, "appointments": list(request.user.appointments.all()), "today": request.user.today()}
    return render(request, "insights/appointments.html", context)


def appointment(request, pk):
    stored = get_object_or_404(request.user.appointments, pk=pk)
    form = AppointmentForm(request.POST if request.method == "POST" else None, appointment=stored)
    if form.is_bound and form.is_valid():
        change_appointment(request.user, pk, form.cleaned_data)
        messages.success(request, _("The appointment is saved."))
        return redirect("insights:appointments")
    return render(request, "insights/appointment.html", {"form": form, "appointment": stored})


@require_POST
def delete(request, pk):
    appointment = get_object_or_404(request.user.appointments, pk=pk)
    appointment.delete()
    messages.success(request, _("The appointment is taken off your list."))
    return redirect("insights:appointments")
