"""Base classes of all admin pages: read-only, and fast on large tables. logs/admin.py withholds private text."""

import datetime

from django import forms
from django.contrib import admin
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.views.main import SEARCH_VAR, ChangeList, ChangeListSearchForm
from django.contrib.auth import get_user_model
from django.core.exceptions import BadRequest, PermissionDenied, ValidationError
from django.core.paginator import Paginator
from django.db import DataError
from django.db.models import Max, Min, Q, QuerySet
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from brainlog.forms import limit_length

admin.site.site_header = admin.site.site_title = "Brain Log"
admin.site.index_title = _("Brain Log administration")

# The permission to read people's private texts. Other staff see only whether a text exists.
READ_PRIVATE_TEXT = "logs.view_private_text"


class CappedPaginator(Paginator):
    """Counts rows up to MOST only, because counting a million rows takes seconds.

    A longer list shows 10,000 as its count and ends there; the rest is found by search, filter and date.
    """

    MOST = 10_000

    @cached_property
    def count(self):
        return self.object_list.order_by()[: self.MOST].count()


class ListQuerySet(QuerySet):
    """The rows of a list, with the dates of its date navigation."""

    def dates(self, field_name, kind, order="ASC"):
        """Return every date from the first row to the last: finding out which dates have rows would read all rows."""
        ends = self.aggregate(first=Min(field_name), last=Max(field_name))
        if ends["first"] is None:
            return []
        days = (ends["last"] - ends["first"]).days + 1
        found = {first_day(ends["first"] + datetime.timedelta(days=n), kind) for n in range(days)}
        return sorted(found, reverse=order == "DESC")


def first_day(day: datetime.date, kind: str) -> datetime.date:
    """Return the first day of the year, the month or the day that contains `day`."""
    if kind == "year":
        return day.replace(month=1, day=1)
    return day.replace(day=1) if kind == "month" else day


class RowsField(forms.ModelMultipleChoiceField):
    """Choice of several rows. Rejects keys that are too large for the database; SQLite would raise an error."""

    def clean(self, value):
        for key in value or ():
            self.queryset.model._meta.pk.clean(key, None)
        return super().clean(value)


# Characters. Each word becomes a condition of the query, and databases accept a thousand at most.
LONGEST_SEARCH = 200


class SearchForm(ChangeListSearchForm):
    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        limit_length(self.fields[SEARCH_VAR], LONGEST_SEARCH)


class BigTableChangeList(ChangeList):
    """Redirects to the list without parameters if it cannot parse one of them; for some, Django raises an error.

    These are years and numbers outside the range of Python or the database.
    """

    search_form_class = SearchForm
    UNPARSABLE = (ValueError, OverflowError, DataError)

    def get_filters(self, request):
        try:
            return super().get_filters(request)
        except self.UNPARSABLE as error:
            raise IncorrectLookupParameters from error

    def get_results(self, request):
        """Count the rows: the first query that uses the parameters."""
        try:
            super().get_results(request)
        except self.UNPARSABLE as error:
            raise IncorrectLookupParameters from error


class ConditionFilter(admin.SimpleListFilter):
    """Offers a few conditions: {value in the URL: (label, condition)}."""

    conditions: dict[str, tuple[str, Q]]

    def lookups(self, request, model_admin):
        return [(value, label) for value, (label, _condition) in self.conditions.items()]

    def queryset(self, request, queryset):
        if self.value() not in self.conditions:
            return None
        _label, condition = self.conditions[self.value()]
        return queryset.filter(condition)


class BigTableAdmin(admin.ModelAdmin):
    """Lists that read only the columns they show, searched by the name of a person.

    Opening a row is recorded for its person. Showing a list is not: it contains names and times, but no answers.
    """

    paginator = CappedPaginator
    view_on_site = False  # Only the person can open their pages.
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    list_per_page = 50
    # The columns that a list reads; never texts or passwords.
    list_reads: tuple[str, ...] = ()
    # The columns that a list can be sorted by: those with an index.
    sortable_by: tuple[str, ...] = ()

    def get_changelist(self, request, **kwargs):
        return BigTableChangeList

    def get_queryset(self, request):
        rows = super().get_queryset(request)
        if not request.resolver_match.url_name.endswith("_changelist"):
            return rows
        if self.list_select_related:
            # Django does not apply list_select_related if the queryset has a select_related already.
            rows = rows.select_related(*self.list_select_related)
        return ListQuerySet(rows.model, rows.only(*self.list_reads).query, rows.db)

    def response_action(self, request, queryset):
        """Answer 400 to malformed primary keys in bulk actions."""
        for key in request.POST.getlist(ACTION_CHECKBOX_NAME):
            try:
                self.opts.pk.clean(key, None)
            except ValidationError as error:
                raise BadRequest("Malformed primary key.") from error
        return super().response_action(request, queryset)

    def formfield_for_manytomany(self, db_field, request, **kwargs):
        return super().formfield_for_manytomany(db_field, request, form_class=RowsField, **kwargs)

    def lookup_allowed(self, lookup, value, request):
        """Allow only the filters and lookups that the list offers: filtering by another column would reveal its values.

        Other lookups are refused too, because some that Django accepts end in an error.
        """
        name, _, kind = lookup.partition("__")
        filters = self.get_list_filter(request)
        if lookup in {each.parameter_name for each in filters if not isinstance(each, str)}:
            return True
        if name == self.date_hierarchy and kind in {"year", "month", "day"}:
            return True
        return name in filters and kind in {"exact", "gte", "lt", "isnull"}

    def get_object(self, request, object_id, from_field=None):
        """Check the permission before the query.

        Otherwise the response would reveal whether the row exists, and a refused attempt would be recorded as a view.
        """
        if not (self.has_view_or_change_permission(request) or self.has_delete_permission(request)):
            raise PermissionDenied
        # Django takes an empty `_to_field` for the name of a column.
        return super().get_object(request, object_id, from_field or None)

    def get_search_results(self, request, queryset, search_term):
        """Search for the normalized name, so that its spelling does not matter.

        NUL is removed, because PostgreSQL rejects it. The form of the list refuses it, autocompletion does not.
        """
        term = get_user_model().make_username_key(search_term[:LONGEST_SEARCH].replace("\0", ""))
        return super().get_search_results(request, queryset, term)


class LookingAdmin(BigTableAdmin):
    """Read-only. People change and delete their answers themselves; staff cannot."""

    def has_add_permission(self, request):
        return False

    def has_change_permission(self, request, obj=None):
        return False

    def has_delete_permission(self, request, obj=None):
        return False
