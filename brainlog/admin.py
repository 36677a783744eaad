"""What the admin pages of all apps share: they are for looking, and they stay fast in a big table."""

from django.contrib import admin
from django.core.paginator import Paginator
from django.utils.functional import cached_property


class CappedPaginator(Paginator):
    """Counts no further than a person would ever turn pages: counting a million rows takes seconds."""

    MOST = 10_000

    @cached_property
    def count(self):
        return self.object_list.order_by()[: self.MOST].count()


class LookingAdmin(admin.ModelAdmin):
    """Read only. People change their answers themselves; nobody else does."""

    paginator = CappedPaginator
    show_full_result_count = False
    list_per_page = 50

    def has_add_permission(self, request):
        return False

    def has_change_permission(self, request, obj=None):
        return False
