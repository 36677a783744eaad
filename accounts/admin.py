from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.contrib import admin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.db import router
from django.db.models.deletion import Collector
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from brainlog.admin import BigTableAdmin

# People change these themselves, on pages that ask who they are first.
admin.site.unregister([EmailAddress, Authenticator])


@admin.register(User)
class UserAdmin(BigTableAdmin, DjangoUserAdmin):
    list_display = list_reads = ("username", "display_name", "is_staff", "is_active", "date_joined", "last_login")
    list_filter = ("is_staff", "is_superuser", "is_active")
    search_fields = ("username_key", "display_name")
    readonly_fields = ("date_joined", "last_login", "updated_at")
    ordering = ("username",)
    sortable_by = ("username",)
    fieldsets = (
        (None, {"fields": ("username", "password")}),
        (_("Person"), {"fields": ("display_name", "email")}),
        (_("Clock and calendar"), {"fields": ("timezone", "day_ends_at", "week_starts_on", "theme")}),
        (_("Rights"), {"fields": ("is_active", "is_staff", "is_superuser", "groups", "user_permissions")}),
        (_("Dates"), {"fields": ("date_joined", "last_login", "updated_at")}),
    )

    def get_deleted_objects(self, objs, request):
        """Count what goes with a person, rather than read out years of days and doses one by one.

        Whoever may delete a person may delete what is theirs, and nobody a part of it alone.
        """
        collector = Collector(using=router.db_for_write(User), origin=objs)
        collector.collect(objs)
        counts = {model: len(rows) for model, rows in collector.data.items()}
        for rows in collector.fast_deletes:
            counts[rows.model] = counts.get(rows.model, 0) + rows.count()
        return list(map(str, objs)), {model._meta.verbose_name_plural: n for model, n in counts.items()}, set(), []
