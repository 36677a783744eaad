from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import F
from django.http import Http404
from django.template.response import TemplateResponse
from django.urls import path
from django.utils import timezone
from django.utils.translation import gettext as _, gettext_lazy

from brainlog.admin import LookingAdmin
from brainlog.database.urls import session_alias
from operations.database.plots import HEIGHT, WIDTH, Plot
from operations.database.report import format_size, missing_sections_note, report_tables
from operations.database.stats import collect, with_growth
from operations.models import DatabaseReport

PAGE = "admin/operations/databasereport/report.html"
REPORTS_PLOTTED = 104
TABLES_PLOTTED = 5


@admin.register(DatabaseReport)
class DatabaseReportAdmin(LookingAdmin):
    """The stored reports of dbreport, and the current statistics. For superusers only; permissions do not matter."""

    list_display = ("taken_at", "size", "connections")
    list_reads = ("taken_at",)
    sortable_by = ("taken_at",)

    def has_view_permission(self, request, obj=None):
        return request.user.is_superuser

    def has_module_permission(self, request):
        return request.user.is_superuser

    def get_queryset(self, request):
        database = {f"database_{name}": F(f"figures__database__{name}") for name in ("bytes", "connections")}
        return super().get_queryset(request).annotate(**database)

    @admin.display(description=gettext_lazy("size"))
    def size(self, report):
        return format_size(report.database_bytes)

    @admin.display(description=gettext_lazy("connections"), empty_value="–")
    def connections(self, report):
        return report.database_connections

    def get_urls(self):
        now = self.admin_site.admin_view(self.now_view)
        return [path("now/", now, name="operations_databasereport_now"), *super().get_urls()]

    def now_view(self, request):
        """The current statistics, and plots of the sizes over the stored reports."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        statistics = collect(session_alias())
        previous = DatabaseReport.objects.first()
        return self.page(request, statistics, previous, _("The database now"), plots_of(statistics))

    def change_view(self, request, object_id, form_url="", extra_context=None):
        """One stored report."""
        if not self.has_view_permission(request) or request.method == "POST":
            raise PermissionDenied
        report = self.get_object(request, object_id)
        if report is None:
            raise Http404
        previous = DatabaseReport.objects.filter(taken_at__lt=report.taken_at).first()
        return self.page(request, report.figures, previous, str(report), [])

    def page(self, request, statistics: dict, previous: DatabaseReport | None, title: str, plots: list[Plot]):
        context = {
            "title": title,
            "opts": self.opts,
            "previous": previous,
            "tables": report_tables(with_growth(statistics, previous.figures if previous else None)),
            "missing_sections": missing_sections_note(statistics),
            "plots": plots,
            "plot_size": {"width": WIDTH, "height": HEIGHT},
        }
        return TemplateResponse(request, PAGE, self.admin_site.each_context(request) | context)


def plots_of(statistics: dict) -> list[Plot]:
    """Plots of the size of the database and of its largest tables, over the stored reports and now."""
    stored = DatabaseReport.objects.values_list("taken_at", "figures__database__bytes", "figures__tables")
    now = (timezone.now(), statistics["database"]["bytes"], statistics["tables"])
    reports = [*reversed(stored[:REPORTS_PLOTTED]), now]
    plots = [Plot.of(_("The whole database"), [(time, size) for time, size, _tables in reports])]
    history = [(time, {row["table"]: row["bytes"] for row in tables}) for time, _size, tables in reports]
    largest = sorted(statistics["tables"], key=lambda row: row["bytes"] or 0, reverse=True)[:TABLES_PLOTTED]
    for name in (row["table"] for row in largest):
        plots.append(Plot.of(name, [(time, sizes[name]) for time, sizes in history if sizes.get(name)]))
    return [plot for plot in plots if plot]
