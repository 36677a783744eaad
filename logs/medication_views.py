"""A person's list of medications, and a dose from Today."""

from copy import copy

from django.conf import settings
from django.contrib import messages
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from brainlog.body_size import max_body_size
from brainlog.pagination import page_by_offset, page_number
from logs import undo
from logs.answer_form import store
from logs.dose_now import AmountUnknownError, DayFullError, RecordedAlreadyError, record_dose_now
from logs.forms import MedicationEntryForm, MergeForm, others_on_the_list
from logs.medication_list import InUseError, delete_medication, merge_medications
from logs.models import Dose, Medication
from logs.questions import MEDICATION_COLUMNS
from logs.removed_medications import REMOVED, as_change, bring_back
from logs.saving import Change
from logs.stages import MEDICATION

MEDICATIONS = 50  # a page


@require_safe
def medications(request):
    by_name = request.user.medications.defer("note").by_name()
    rows, pages = page_by_offset(by_name, page_number(request), MEDICATIONS)
    return render(request, "logs/medications.html", pages | {"medications": rows})


def medication(request, pk):
    if request.method == "POST":
        # Locked before the person's list is, see MedicationQuerySet.locked_for().
        entries = request.user.medications.select_for_update()
        form = store(lambda: MedicationEntryForm(request.POST, instance=get_object_or_404(entries, pk=pk)))
        if form.is_valid():
            text = _("%(medication)s saved.") % {"medication": form.instance.name_in_words}
            undo.say(request, text, address=reverse("logs:undo_medication", args=[pk]), change=form.change)
            return redirect("logs:medications")
    else:
        form = MedicationEntryForm(instance=get_object_or_404(request.user.medications, pk=pk))
    return render(request, "logs/medication.html", {"form": form, "name": form.initial["name"]})


@max_body_size(settings.MAX_LONG_TEXT_BODY)
@require_POST
def undo_change(request, pk):
    """Undo a change of an entry of the list, its deletion, or a merge."""
    about = ""
    try:
        about, change = undo.opened(request)
        if about == REMOVED:
            name = bring_back(request.user, change).name_in_words
        else:
            change = undo.undo(lambda: entry_to_undo(request.user, pk, change), {None: MEDICATION_COLUMNS}, change)
    except undo.CannotUndoError as refusal:
        messages.error(request, str(refusal))
        return redirect("logs:medications")
    if about == REMOVED:
        messages.success(request, _("Undone. %(medication)s is on your list as before.") % {"medication": name})
    else:
        address = reverse("logs:undo_medication", args=[pk])
        undo.say_undone(request, _("The medication"), address=address, about=about, change=change)
    return redirect("logs:medications")


def entry_to_undo(person, pk, change: Change) -> Medication:
    """An entry of the person's list, locked, whose name before a change no other entry has now."""
    entry = get_object_or_404(person.medications.select_for_update(), pk=pk)
    if "name" in change.answers:
        before = copy(entry)
        before.name = Medication._meta.get_field("name").to_python(change.answers["name"][0])
        if not before.is_readable or others_on_the_list(entry).named(before.name):
            raise undo.ChangedSinceError(undo.CHANGED_SINCE)
    return entry


def merge(request, pk):
    """Choose another medication, confirm, and all doses of this one are moved to it."""
    person = request.user
    medication = get_object_or_404(person.medications, pk=pk)
    others, into = person.medications.exclude(pk=pk), request.POST.get("into")
    target = get_object_or_404(others, pk=number_or_404(into)) if into else None
    if target and "confirm" in request.POST:
        gone, target, moved = merge_medications(person, pk, target.pk)
        text = _("%(old)s is merged into %(new)s.")
        text = text % {"old": gone.name_in_words, "new": target.name_in_words}
        say_removed(request, text, pk, as_change(gone, target, moved))
        return redirect("logs:medications")
    listed = [] if target else others.defer("note").by_name()
    context = {
        "medication": medication,
        "target": target,
        "doses": person.doses.filter(medication=medication).count(),
        "others": listed,
        "form": MergeForm(listed, request.POST if request.method == "POST" else None),
        "minutes": undo.MINUTES,
    }
    return render(request, "logs/medication_merge.html", context)


def say_removed(request, text: str, pk: int, change: Change):
    """Say that a medication left the list, with a button that undoes it."""
    undo.say(request, text, address=reverse("logs:undo_medication", args=[pk]), about=REMOVED, change=change)


def number_or_404(text: str) -> int:
    try:
        return int(text)
    except ValueError as error:
        raise Http404 from error


def delete(request, pk):
    person = request.user
    if request.method == "POST":
        try:
            gone = delete_medication(person, pk)
        except InUseError:
            messages.error(request, _("It has doses. Merge it into another medication instead."))
            return redirect("logs:medication", pk)
        text = _("%(medication)s is deleted.") % {"medication": gone.name_in_words}
        say_removed(request, text, pk, as_change(gone))
        return redirect("logs:medications")
    medication = get_object_or_404(person.medications, pk=pk)
    is_used = person.doses.filter(medication=medication).exists()
    context = {"medication": medication, "is_used": is_used, "minutes": undo.MINUTES}
    return render(request, "logs/medication_delete.html", context)


@require_POST
def taken(request, pk):
    """A dose from Today, taken now. The form says with `shown` which doses the page showed, see record_dose_now()."""
    person = request.user
    check_in = reverse("logs:check_in", args=[person.today(), MEDICATION])
    try:
        dose, change = record_dose_now(person, pk, request.POST.get("shown", ""))
    except RecordedAlreadyError as found:
        text = _("%(dose)s is recorded already. If you took another one, please tap again.")
        messages.info(request, text % {"dose": found.dose.in_words})
    except DayFullError:
        messages.error(request, _("A day has room for %(num)d doses.") % {"num": Dose.MOST_PER_DAY})
    except AmountUnknownError:
        messages.info(request, _("How much was it? Please enter this dose here, once: then one tap will do."))
        return redirect(check_in)
    else:
        text = _("%(dose)s is recorded.") % {"dose": dose.in_words}
        text = format_html('{} <a href="{}">{}</a>', text, check_in, _("Change it"))
        undo.say(
            request,
            text,
            address=reverse("logs:undo", args=[dose.daily_log.date]),
            about=MEDICATION.slug,
            change=change,
        )
    return redirect("today")
