"""What the admin pages of all apps share: they are for looking, and they stay fast in a big table."""

from django.contrib import admin
from django.contrib.auth import get_user_model
from django.core.paginator import Paginator
from django.utils.functional import cached_property


class CappedPaginator(Paginator):
    """Counts no further than a person would ever turn pages: counting a million rows takes seconds."""

    MOST = 10_000

    @cached_property
    def count(self):
        return self.object_list.order_by()[: self.MOST].count()


class BigTableAdmin(admin.ModelAdmin):
    """Lists that read what they show and nothing else, and are found by the name of a person."""

    paginator = CappedPaginator
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    list_per_page = 50
    # The columns of a list: no texts, no passwords.
    list_reads: tuple[str, ...] = ()

    def get_queryset(self, request):
        rows = super().get_queryset(request)
        is_list = request.resolver_match.url_name.endswith("_changelist")
        return rows.only(*self.list_reads) if is_list else rows

    def get_search_results(self, request, queryset, search_term):
        """Search for the name's key: a person is found however the name is written."""
        return super().get_search_results(request, queryset, get_user_model().key_of(search_term))


class LookingAdmin(BigTableAdmin):
    """Read only. People change their answers themselves; nobody else does."""

    def has_add_permission(self, request):
        return False

    def has_change_permission(self, request, obj=None):
        return False
