from django.contrib import admin, messages
from django.utils.translation import gettext_lazy as _, ngettext

from brainlog.admin import BigTableAdmin
from support.forms import HelpLineForm
from support.models import HelpLine, unchecked_lines


@admin.register(HelpLine)
class HelpLineAdmin(BigTableAdmin):
    """Help lines. People's own plans are not in the admin at all: no task of the staff needs them."""

    form = HelpLineForm
    list_display = ("name", "country_of", "phone", "text_number", "checked_on")
    list_reads = ("name", "country", "phone", "text_number", "checked_on")
    ordering = ("country", "name", "pk")
    sortable_by = ()

    @admin.display(description=_("country"))
    def country_of(self, line):
        return line.country_name

    def changelist_view(self, request, extra_context=None):
        if request.method == "GET" and self.has_view_permission(request) and (lines := unchecked_lines()):
            text = ngettext(
                "%(count)d line was not checked for %(days)d days. See whether it still works as written here.",
                "%(count)d lines were not checked for %(days)d days. See whether they still work as written here.",
                len(lines),
            )
            counts = {"count": len(lines), "days": HelpLine.CHECKED_EVERY.days}
            self.message_user(request, text % counts, messages.WARNING)
        return super().changelist_view(request, extra_context)
