import datetime

from django.contrib import admin
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.http import urlencode
from django.utils.translation import gettext, gettext_lazy as _, ngettext

from accounts import security_events
from accounts.admin import UserAdmin
from accounts.models import User
from brainlog.admin import READ_PRIVATE_TEXT, BigTableChangeList, ConditionFilter, LookingAdmin
from encryption.fields import WITHHELD, withhold_texts
from logs.activity import IS_COMPLETE, IS_MARKED, never_logged, stopped_logging, with_activity
from logs.models import DailyLog, Dose, Medication, OwnAnswer, OwnQuestion
from logs.questions import RowQuestion, without_zeros
from logs.stages import STAGES

# The permission to see which days people logged.
VIEW_DAYS = "logs.view_dailylog"


class LastLoggedFilter(admin.SimpleListFilter):
    """Finds the people who stopped logging, by the calendar of the member of staff."""

    title = _("last day logged")
    parameter_name = "last_logged"
    DAYS = (3, 7, 30)
    NEVER = "never"

    def lookups(self, request, model_admin):
        ago = _("%(days)d or more days ago")
        return [*((str(days), ago % {"days": days}) for days in self.DAYS), (self.NEVER, _("Never"))]

    def queryset(self, request, people):
        if self.value() == self.NEVER:
            return never_logged(people)
        if self.value() in map(str, self.DAYS):
            return stopped_logging(people, request.user.today() - datetime.timedelta(days=int(self.value())))
        return None


class PeopleChangeList(BigTableChangeList):
    """The list of people for staff who may see which days they logged."""

    def get_results(self, request):
        super().get_results(request)
        self.result_list = with_activity(self.result_list)


@admin.register(User)
class PersonAdmin(UserAdmin):
    """People, and for staff who may see days: when they logged, and how completely. Counts only, no answers."""

    ACTIVITY = ("last_day_logged", "days_in_week", "days_in_month", "check_ins")
    # The time zone and the end of the day decide which day it is for a person.
    list_reads = (*UserAdmin.list_reads, "timezone", "day_ends_at", "question_choices", "one_question_on")
    list_filter = (LastLoggedFilter, *UserAdmin.list_filter)

    def get_changelist(self, request, **kwargs):
        return PeopleChangeList if request.user.has_perm(VIEW_DAYS) else super().get_changelist(request, **kwargs)

    def get_list_display(self, request):
        name, *others = super().get_list_display(request)
        return (name, *self.ACTIVITY, *others) if request.user.has_perm(VIEW_DAYS) else (name, *others)

    def get_list_filter(self, request):
        filters = super().get_list_filter(request)
        return filters if request.user.has_perm(VIEW_DAYS) else [each for each in filters if each != LastLoggedFilter]

    @admin.display(description=_("last day logged"), empty_value=_("never"))
    def last_day_logged(self, person):
        if person.last_day_logged is None:
            return None
        days = reverse("admin:logs_dailylog_changelist") + "?" + urlencode({"q": person.username})
        date, ago = date_format(person.last_day_logged), days_ago(person.days_since)
        return format_html('<a href="{}">{}</a> <span class="ago">{}</span>', days, date, ago)

    @admin.display(description=_("logged in 7 days"))
    def days_in_week(self, person):
        return person.activity.days_in_week

    @admin.display(description=_("in 30 days"))
    def days_in_month(self, person):
        return person.activity.days_in_month

    @admin.display(description=_("check-ins in 30 days"))
    def check_ins(self, person):
        counts = {"done": person.activity.check_ins_done, "all": person.activity.check_ins_possible}
        return _("%(done)d of %(all)d") % counts


def days_ago(days: int) -> str:
    """`today`, `3 days ago`. A person whose calendar is ahead may have logged the day after."""
    if days <= 0:
        return gettext("today")
    return ngettext("%(count)d day ago", "%(count)d days ago", days) % {"count": days}


class PrivateTextAdmin(LookingAdmin):
    """Shows what people wrote to those who have the permission; to others, that they wrote something.

    Each row that is opened is recorded as a security event, which its person can read.
    """

    kind_of_look: security_events.Kind

    def get_object(self, request, object_id, from_field=None):
        row = super().get_object(request, object_id, from_field)
        if row is not None:
            security_events.record_view(self.kind_of_look, self.person_of(row), request)
            if not request.user.has_perm(READ_PRIVATE_TEXT):
                withhold_texts(row)
        return row

    def person_of(self, row):
        return row.user


class NamesMedication:
    """Shows of a dose which medication it was to those who may read private text; to others, its number."""

    @admin.display(description=_("name"))
    def name(self, dose):
        return dose.medication.name

    @admin.display(description=_("name"))
    def withheld_name(self, dose):
        return WITHHELD

    def get_fields(self, request, obj=None):
        name = "name" if request.user.has_perm(READ_PRIVATE_TEXT) else "withheld_name"
        return ("medication", name, "amount", "unit", "taken_at")

    def get_readonly_fields(self, request, obj=None):
        return self.get_fields(request, obj)


class DoseInline(NamesMedication, admin.TabularInline):
    model = Dose
    can_delete = False
    extra = 0

    def get_queryset(self, request):
        return super().get_queryset(request).select_related("medication")

    def has_add_permission(self, request, obj):
        return False

    def has_change_permission(self, request, obj=None):
        return False


class OwnAnswerInline(admin.TabularInline):
    """Answers to own questions, in words for those who may read private text; for others, without any words."""

    model = OwnAnswer
    can_delete = False
    extra = 0

    def get_queryset(self, request):
        return super().get_queryset(request).select_related("question")

    def has_add_permission(self, request, obj):
        return False

    def has_change_permission(self, request, obj=None):
        return False

    @admin.display(description=_("wording"))
    def wording(self, answer):
        return answer.question.label_in_words

    @admin.display(description=_("answer"))
    def in_words(self, answer):
        question = RowQuestion(answer.question)
        return question.display(question.value_of(answer))

    @admin.display(description=_("answer"))
    def without_words(self, answer):
        if answer.text is not None:
            return WITHHELD
        values = (answer.number, answer.number_2, answer.flag, answer.time, *(answer.chosen or ()))
        return ", ".join(str(without_zeros(value)) for value in values if value is not None)

    def get_fields(self, request, obj=None):
        may_read = request.user.has_perm(READ_PRIVATE_TEXT)
        return ("question", "wording", "in_words") if may_read else ("question", "without_words")

    def get_readonly_fields(self, request, obj=None):
        return self.get_fields(request, obj)


class DayStateFilter(ConditionFilter):
    title = _("how complete")
    parameter_name = "state"
    conditions = {
        "complete": (_("Complete"), IS_COMPLETE),
        "begun": (_("Begun"), ~IS_COMPLETE & ~IS_MARKED),
        "not-tracked": (_("Not tracked"), IS_MARKED & ~IS_COMPLETE),
    }


@admin.register(DailyLog)
class DailyLogAdmin(PrivateTextAdmin):
    kind_of_look = security_events.Kind.LOOKED_AT_DAY
    list_display = ("date", "user", "done", "missing", "updated_at")
    list_select_related = ("user",)
    list_reads = (
        *("date", "user__username", "not_tracked", "one_question_only", "updated_at"),
        # Which check-ins count for the day.
        *("user__question_choices", "user__timezone", "user__day_ends_at", "user__one_question_on"),
        *(name for stage in STAGES for name in (stage.completed_at, stage.part.asked_id)),
    )
    list_filter = (DayStateFilter, "date")
    sortable_by = ("date", "user")
    date_hierarchy = "date"
    search_fields = ("user__username_key__exact",)
    search_help_text = _("Search by the whole username.")
    inlines = (DoseInline, OwnAnswerInline)

    def get_fieldsets(self, request, obj=None):
        facts = ("user", "date", "not_tracked", "one_question_only", "created_at", "updated_at")
        return [
            (None, {"fields": facts}),
            *((stage.title, {"fields": (*columns_asked(stage, obj), stage.completed_at)}) for stage in STAGES),
            (_("Recorded"), {"fields": [name for stage in STAGES for name in stage.part.recorded]}),
        ]

    @admin.display(description=_("done"))
    def done(self, log):
        return _("%(done)d of %(all)d") % {"done": log.stages_done, "all": log.stages_asked}

    @admin.display(description=_("missing"))
    def missing(self, log):
        """The check-ins that are not done. Not the reason why a day is not tracked: that is an answer."""
        if log.not_tracked is not None and not log.is_complete:
            return _("not tracked")
        return ", ".join(str(stage.title) for stage in log.stages_counted if not log.is_done(stage))


def columns_asked(stage, log) -> list[str]:
    """The columns with the answers of a check-in. Doses have lines of their own."""
    questions = stage.questions(log and log.user)
    return [column for question in questions for column in question.columns]


@admin.register(Medication)
class MedicationAdmin(PrivateTextAdmin):
    kind_of_look = security_events.Kind.LOOKED_AT_MEDICATION
    list_display = ("pk", "user")
    list_select_related = ("user",)
    list_reads = ("user__username",)
    ordering = ("-pk",)
    search_fields = ("user__username_key__exact",)
    search_help_text = _("Search by the whole username.")


@admin.register(OwnQuestion)
class OwnQuestionAdmin(PrivateTextAdmin):
    kind_of_look = security_events.Kind.LOOKED_AT_QUESTION
    list_display = ("pk", "user", "check_in", "kind", "archived_at")
    list_select_related = ("user",)
    list_reads = ("user__username", "check_in", "kind", "archived_at")
    ordering = ("-pk",)
    search_fields = ("user__username_key__exact",)
    search_help_text = _("Search by the whole username.")


@admin.register(Dose)
class DoseAdmin(NamesMedication, PrivateTextAdmin):
    kind_of_look = security_events.Kind.LOOKED_AT_MEDICATION
    list_display = ("day", "person")
    list_select_related = ("daily_log__user",)
    list_reads = ("daily_log__date", "daily_log__user__username")
    search_fields = ("daily_log__user__username_key__exact",)
    search_help_text = _("Search by the whole username.")
    ordering = ("-pk",)

    def get_fields(self, request, obj=None):
        return ("daily_log", *super().get_fields(request, obj))

    @admin.display(description=_("day"))
    def day(self, dose):
        return dose.daily_log.date

    @admin.display(description=_("person"))
    def person(self, dose):
        return dose.daily_log.user

    def person_of(self, dose):
        return dose.daily_log.user
