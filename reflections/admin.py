from django.contrib import admin
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.security_events import Kind
from brainlog.admin import ConditionFilter
from logs.admin import PrivateTextAdmin
from reflections.models import WEEK, WeeklyReflection, weekly_questions


class WeekStateFilter(ConditionFilter):
    title = _("how complete")
    parameter_name = "state"
    conditions = {
        "complete": (_("Complete"), Q(completed_at__isnull=False)),
        "begun": (_("Begun"), Q(completed_at__isnull=True)),
    }


@admin.register(WeeklyReflection)
class WeeklyReflectionAdmin(PrivateTextAdmin):
    kind_of_look = Kind.LOOKED_AT_REFLECTION
    list_display = ("week_start", "user", "completed_at", "updated_at")
    list_select_related = ("user",)
    list_reads = ("week_start", "user__username", "completed_at", "updated_at")
    list_filter = (WeekStateFilter, "week_start")
    sortable_by = ("week_start", "user")
    date_hierarchy = "week_start"
    search_fields = ("user__username_key__exact",)
    search_help_text = _("Search by the whole username.")

    def get_fieldsets(self, request, obj=None):
        questions = weekly_questions(obj and obj.user)
        answers = [column for question in questions for column in question.columns]
        return [
            (None, {"fields": ("user", "week_start", "created_at", "updated_at")}),
            (_("Answers"), {"fields": (*answers, WEEK.completed_at)}),
            (_("Recorded"), {"fields": WEEK.recorded}),
        ]
