"""What the admin pages of all apps share: they are for looking, and they stay fast in a big table."""

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
from django.db.models import Max, Min, QuerySet
from django.utils.functional import cached_property

from brainlog.forms import limit_length

# Who has it reads private texts of people, where other staff sees that there is one.
READ_PRIVATE_TEXT = "logs.view_private_text"


class CappedPaginator(Paginator):
    """Counts no further than a person would ever turn pages: counting a million rows takes seconds.

    A list of more rows says 10,000, and ends there: what lies behind is found by search, filter and date.
    """

    MOST = 10_000

    @cached_property
    def count(self):
        return self.object_list.order_by()[: self.MOST].count()


class ListQuerySet(QuerySet):
    """The rows of a list, with the years, months and days to choose from."""

    def dates(self, field_name, kind, order="ASC"):
        """Every one from the first row's to the last one's: to know which have rows takes reading all of them."""
        ends = self.aggregate(first=Min(field_name), last=Max(field_name))
        if ends["first"] is None:
            return []
        days = (ends["last"] - ends["first"]).days + 1
        found = {first_day(ends["first"] + datetime.timedelta(days=n), kind) for n in range(days)}
        return sorted(found, reverse=order == "DESC")


def first_day(day: datetime.date, kind: str) -> datetime.date:
    """The first day of the year, month or day that `day` is in."""
    if kind == "year":
        return day.replace(month=1, day=1)
    return day.replace(day=1) if kind == "month" else day


class RowsField(forms.ModelMultipleChoiceField):
    """Several rows of a table. Refuses keys that are too large for the database, where SQLite would end in an error."""

    def clean(self, value):
        for key in value or ():
            self.queryset.model._meta.pk.clean(key, None)
        return super().clean(value)


# Characters. Each word is a condition of its own, and databases take no more than a thousand.
LONGEST_SEARCH = 200


class SearchForm(ChangeListSearchForm):
    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        limit_length(self.fields[SEARCH_VAR], LONGEST_SEARCH)


class BigTableChangeList(ChangeList):
    """Leads to the list without parameters from any that it cannot read, where Django ends in an error for some.

    They are years and numbers outside of what Python and the database can hold.
    """

    search_form_class = SearchForm
    UNREADABLE = (ValueError, OverflowError, DataError)

    def get_filters(self, request):
        try:
            return super().get_filters(request)
        except self.UNREADABLE as error:
            raise IncorrectLookupParameters from error

    def get_results(self, request):
        """Count the rows, which is the first query with what was asked for."""
        try:
            super().get_results(request)
        except self.UNREADABLE as error:
            raise IncorrectLookupParameters from error


class BigTableAdmin(admin.ModelAdmin):
    """Lists that read what they show and nothing else, and are found by the name of a person.

    Opening a row is written down for its person, lists are not: they say who was here and when, and
    nothing that a person has answered.
    """

    paginator = CappedPaginator
    view_on_site = False  # People's pages are their own.
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    list_per_page = 50
    # The columns of a list: no texts, no passwords.
    list_reads: tuple[str, ...] = ()
    # The columns to sort by: those with an index.
    sortable_by: tuple[str, ...] = ()

    def get_changelist(self, request, **kwargs):
        return BigTableChangeList

    def get_queryset(self, request):
        rows = super().get_queryset(request)
        if not request.resolver_match.url_name.endswith("_changelist"):
            return rows
        if self.list_select_related:
            # Django would leave it at what the manager selects by itself.
            rows = rows.select_related(*self.list_select_related)
        return ListQuerySet(rows.model, rows.only(*self.list_reads).query, rows.db)

    def response_action(self, request, queryset):
        """Do what was chosen from the list of actions, with rows whose keys can be some."""
        for key in request.POST.getlist(ACTION_CHECKBOX_NAME):
            try:
                self.opts.pk.clean(key, None)
            except ValidationError as error:
                raise BadRequest("No row has such a key.") from error
        return super().response_action(request, queryset)

    def formfield_for_manytomany(self, db_field, request, **kwargs):
        return super().formfield_for_manytomany(db_field, request, form_class=RowsField, **kwargs)

    def lookup_allowed(self, lookup, value, request):
        """What the list offers, and no other column: whoever filters by one learns what is in it.

        Nor in other ways than the list asks: some that Django takes end in an error.
        """
        name, _, kind = lookup.partition("__")
        filters = {each if isinstance(each, str) else each[0] for each in self.get_list_filter(request)}
        if name == self.date_hierarchy and kind in {"year", "month", "day"}:
            return True
        return name in filters and kind in {"exact", "gte", "lt", "isempty", "isnull"}

    def get_object(self, request, object_id, from_field=None):
        """Refuse before looking: nobody learns that a row is there, or is said to have seen what they did not."""
        if not (self.has_view_or_change_permission(request) or self.has_delete_permission(request)):
            raise PermissionDenied
        return super().get_object(request, object_id, from_field)

    def get_search_results(self, request, queryset, search_term):
        """Search for the name's key: a person is found however the name is written.

        Without NUL, with which PostgreSQL knows no text: the list's own form refuses it, autocompletion does not.
        """
        term = get_user_model().make_username_key(search_term[:LONGEST_SEARCH].replace("\0", ""))
        return super().get_search_results(request, queryset, term)


class LookingAdmin(BigTableAdmin):
    """Read only. People change and delete their answers themselves; nobody else does."""

    def has_add_permission(self, request):
        return False

    def has_change_permission(self, request, obj=None):
        return False

    def has_delete_permission(self, request, obj=None):
        return False
