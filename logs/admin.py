from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from accounts import security_events
from brainlog.admin import READ_PRIVATE_TEXT, LookingAdmin
from encryption.fields import WITHHELD, withhold_texts
from logs.models import DailyLog, Dose, Medication
from logs.stages import STAGES


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


@admin.register(DailyLog)
class DailyLogAdmin(PrivateTextAdmin):
    kind_of_look = security_events.Kind.LOOKED_AT_DAY
    list_display = ("date", "user", "done", "updated_at")
    list_select_related = ("user",)
    list_reads = ("date", "user__username", "updated_at", *(stage.completed_at for stage in STAGES))
    list_filter = ("date", *((stage.completed_at, admin.EmptyFieldListFilter) for stage in STAGES))
    sortable_by = ("date", "user")
    date_hierarchy = "date"
    search_fields = ("user__username_key__exact",)
    search_help_text = _("Search by the whole username.")
    inlines = (DoseInline,)

    def get_fieldsets(self, request, obj=None):
        facts = ("user", "date", "not_tracked", "created_at", "updated_at")
        return [
            (None, {"fields": facts}),
            *((stage.title, {"fields": (*columns_asked(stage, obj), stage.completed_at)}) for stage in STAGES),
        ]

    @admin.display(description=_("done"))
    def done(self, log):
        return _("%(done)d of %(all)d") % {"done": log.stages_done, "all": log.stages_asked}


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
