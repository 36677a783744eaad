from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from accounts.security_events import Kind
from insights.models import Event
from logs.admin import PrivateTextAdmin


@admin.register(Event)
class EventAdmin(PrivateTextAdmin):
    kind_of_look = Kind.LOOKED_AT_EVENT
    list_display = ("date", "user", "last_day")
    list_select_related = ("user",)
    list_reads = ("date", "last_day", "user__username")
    ordering = ("-pk",)
    search_fields = ("user__username_key__exact",)
    search_help_text = _("Search by the whole username.")
