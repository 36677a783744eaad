from allauth.account.decorators import secure_admin_login
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.apps import apps
from django.contrib import admin, messages
from django.contrib.auth.admin import GroupAdmin as DjangoGroupAdmin, UserAdmin as DjangoUserAdmin
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.forms import AdminPasswordChangeForm, AdminUserCreationForm
from django.contrib.auth.models import Group
from django.db import router, transaction
from django.db.models import Q
from django.db.models.deletion import Collector
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext_lazy as _
from django.views.generic import RedirectView

from accounts import emails, security_events
from accounts.forms import PasswordLengthMixin
from accounts.models import Invitation, SecurityEvent, User
from accounts.password_reset import reset_link
from accounts.views import LogoutView, end_other_sessions
from brainlog.admin import READ_PRIVATE_TEXT, BigTableAdmin, LookingAdmin
from brainlog.origin import trusted_origin
from encryption.fields import WITHHELD

# The admin uses our pages to log in, change the password and log out, which have rate limits, the second factor and
# security events. Django's own pages have none of these, and would let a logged-in person guess other passwords.
admin.site.login = login_not_required(secure_admin_login(RedirectView.as_view(pattern_name="admin:index")))
admin.site.password_change = RedirectView.as_view(pattern_name="accounts:security")
admin.site.logout = LogoutView.as_view()

# People change these themselves, on pages that require reauthentication.
admin.site.unregister([EmailAddress, Authenticator])
admin.site.unregister(Group)  # Registered again below, with our class.
if apps.is_installed("allauth.socialaccount"):
    admin.site.unregister(apps.get_app_config("socialaccount").get_models())

# For superusers only: staff who can grant rights could grant all rights to themselves.
RIGHTS_FIELDS = ("is_staff", "is_superuser", "groups", "user_permissions")


class AddPersonForm(PasswordLengthMixin, AdminUserCreationForm):
    pass


class ChangePasswordForm(PasswordLengthMixin, AdminPasswordChangeForm):
    pass


class UserAdmin(BigTableAdmin, DjangoUserAdmin):
    """People. Registered in logs/admin.py, which adds when they logged."""

    add_form, change_password_form = AddPersonForm, ChangePasswordForm
    list_display = ("username", "is_staff", "is_active", "date_joined", "last_login")
    list_reads = (*list_display, "is_superuser")
    list_filter = ("is_staff", "is_superuser", "is_active")
    search_fields = ("username_key",)
    search_help_text = _("Search by the username or a part of it.")
    readonly_fields = ("display_name", "withheld_name", "date_joined", "last_login", "updated_at")
    ordering = ("username",)
    sortable_by = ("username",)
    fieldsets = (
        (None, {"fields": ("username", "password")}),
        (_("Person"), {"fields": ("name_to_call", "email")}),
        (
            _("Clock and calendar"),
            {"fields": ("timezone", "day_ends_at", "week_starts_on", "hour_format", "date_format", "theme")},
        ),
        (_("Rights"), {"fields": ("is_active", "is_staff", "is_superuser", "groups", "user_permissions")}),
        (_("Dates"), {"fields": ("date_joined", "last_login", "updated_at")}),
    )

    actions = ("make_reset_link", "switch_off_second_factor", "end_sessions")

    def get_object(self, request, object_id, from_field=None):
        person = super().get_object(request, object_id, from_field)
        # The deletion page records a view of its own, see get_deleted_objects.
        if person is not None and not request.resolver_match.url_name.endswith("_delete"):
            security_events.record_view(security_events.Kind.LOOKED_AT_ACCOUNT, person, request)
        return person

    def get_fieldsets(self, request, obj=None):
        """Show the display name to staff who may read private text. It is read-only: people change it themselves."""
        name = "display_name" if request.user.has_perm(READ_PRIVATE_TEXT) else "withheld_name"
        return [
            (title, options | {"fields": [name if each == "name_to_call" else each for each in options["fields"]]})
            for title, options in super().get_fieldsets(request, obj)
        ]

    @admin.display(description=_("Name to call you"))
    def withheld_name(self, person):
        return WITHHELD if person.display_name else ""

    def save_model(self, request, obj, form, change):
        if not change:
            # A new person has the clock and calendar of the staff member, until they choose others.
            for name in ("timezone", "week_starts_on", "hour_format", "date_format"):
                setattr(obj, name, getattr(request.user, name))
        super().save_model(request, obj, form, change)
        if change and "day_ends_at" in form.changed_data:
            obj.day_end_changed()

    def save_related(self, request, form, formsets, change):
        super().save_related(request, form, formsets, change)
        if change:
            security_events.record_changes(form.changed_data, form.instance, request, by=request.user)
        else:
            security_events.record(security_events.Kind.ACCOUNT_MADE, form.instance, request, by=request.user)

    def delete_model(self, request, obj):
        addresses = emails.verified_emails([obj])
        super().delete_model(request, obj)
        transaction.on_commit(lambda: emails.send_deletion_notices(addresses, request), robust=True)

    def delete_queryset(self, request, queryset):
        addresses = emails.verified_emails(queryset)
        super().delete_queryset(request, queryset)
        transaction.on_commit(lambda: emails.send_deletion_notices(addresses, request), robust=True)

    def user_change_password(self, request, id, form_url=""):
        response = super().user_change_password(request, id, form_url)
        is_changed = request.method == "POST" and response.status_code == 302
        person = User.objects.filter(pk=id).first() if is_changed else None
        if person:  # None, if the account was deleted since.
            if person == request.user:
                end_other_sessions(request)
            else:
                person.end_sessions()
            security_events.record_changes(["password"], person, request, by=request.user)
        return response

    def may_edit(self, request, person) -> bool:
        """Whether the user may edit this person: staff can be edited by superusers only."""
        return request.user.is_superuser or not (person.is_staff or person.is_superuser)

    def has_change_permission(self, request, obj=None):
        return super().has_change_permission(request, obj) and (obj is None or self.may_edit(request, obj))

    def has_delete_permission(self, request, obj=None):
        return super().has_delete_permission(request, obj) and (obj is None or self.may_edit(request, obj))

    def get_readonly_fields(self, request, obj=None):
        given = () if request.user.is_superuser else RIGHTS_FIELDS
        return (*super().get_readonly_fields(request, obj), *given)

    MAX_AT_ONCE = 50

    def editable_people(self, request, people):
        """The selected people, or none, with an error message, if one may not be edited or they are too many."""
        if people.count() > self.MAX_AT_ONCE:
            self.message_user(request, _("Nothing was done: please choose 50 people at most."), messages.ERROR)
            return []
        if request.user.is_superuser or not people.filter(Q(is_staff=True) | Q(is_superuser=True)).exists():
            return list(people)
        self.message_user(request, _("Only a superuser may do this to people on the staff."), messages.ERROR)
        return []

    @admin.action(description=_("Create a link for a new password"), permissions=["change"])
    def make_reset_link(self, request, queryset):
        """Show a reset link, valid once and for a day. The second factor of the person stays on."""
        for person in self.editable_people(request, queryset):
            self.log_change(request, person, "Created a link for a new password.")
            security_events.record(security_events.Kind.RESET_LINK_MADE, person, request, by=request.user)
            text = _("For %(name)s, shown only now, valid once and for a day: %(link)s")
            link = reset_link(request, person)
            self.message_user(request, text % {"name": person.username, "link": link}, messages.WARNING)

    @admin.action(description=_("Switch off the second factor"), permissions=["change"])
    def switch_off_second_factor(self, request, queryset):
        """Delete all factors of people who have lost their device and their recovery codes."""
        for person in self.editable_people(request, queryset):
            person.authenticator_set.all().delete()
            self.log_change(request, person, "Switched off the second factor.")
            security_events.record(security_events.Kind.SECOND_FACTOR_OFF, person, request, by=request.user)
            text = _("%(name)s logs in with the password alone now.")
            self.message_user(request, text % {"name": person.username}, messages.SUCCESS)

    @admin.action(description=_("End all logins"), permissions=["change"])
    def end_sessions(self, request, queryset):
        """Log people out everywhere: they have lost a device, or are to be kept out from now on."""
        for person in self.editable_people(request, queryset):
            person.end_sessions()
            self.log_change(request, person, "Ended all logins.")
            security_events.record(security_events.Kind.SESSIONS_ENDED, person, request, by=request.user)
            text = _("%(name)s has to log in again, everywhere.")
            self.message_user(request, text % {"name": person.username}, messages.SUCCESS)

    def get_deleted_objects(self, objs, request):
        """Count the rows that are deleted with a person, instead of listing years of days and doses.

        The permission to delete a person covers all of their rows, so it is not checked table by table. Showing the
        counts is recorded as a view of the person.
        """
        for person in objs:
            security_events.record_view(security_events.Kind.LOOKED_AT_DELETION, person, request)
        collector = Collector(using=router.db_for_write(User), origin=objs)
        collector.collect(objs)
        keys = {model: {row.pk for row in rows} for model, rows in collector.data.items()}
        for rows in collector.fast_deletes:  # A row can be found twice: an own answer by its day and by its question.
            keys.setdefault(rows.model, set()).update(rows.values_list("pk", flat=True))
        counts = {model: len(found) for model, found in keys.items()}
        refused = set() if all(self.may_edit(request, person) for person in objs) else {_("people on the staff")}
        return list(map(str, objs)), {model._meta.verbose_name_plural: n for model, n in counts.items()}, refused, []


@admin.register(Group)
class GroupAdmin(BigTableAdmin, DjangoGroupAdmin):
    """For superusers only: staff who can change the rights of a group could give themselves every right."""

    list_reads = ("name",)

    def has_module_permission(self, request):
        return request.user.is_superuser

    has_add_permission = has_module_permission

    def has_view_permission(self, request, obj=None):
        return request.user.is_superuser

    has_change_permission = has_delete_permission = has_view_permission

    def save_related(self, request, form, formsets, change):
        super().save_related(request, form, formsets, change)
        if "permissions" in form.changed_data:
            self.record_change(request, form.instance.user_set.all())

    def delete_model(self, request, obj):
        members = list(obj.user_set.all())
        super().delete_model(request, obj)
        self.record_change(request, members)

    def delete_queryset(self, request, queryset):
        members = list(User.objects.filter(groups__in=queryset).distinct())
        super().delete_queryset(request, queryset)
        self.record_change(request, members)

    def record_change(self, request, members):
        """Record a change of a group's permissions for each of its members."""
        for person in members:
            security_events.record_changes(["groups"], person, request, by=request.user)


@admin.register(Invitation)
class InvitationAdmin(BigTableAdmin):
    list_display = ("__str__", "created_by", "created_at", "expires_at", "used_at")
    list_reads = ("note", "created_by__username", "created_at", "expires_at", "used_at")
    list_select_related = ("created_by",)
    ordering = ("-pk",)
    readonly_fields = ("created_by", "created_at", "expires_at", "used_at")

    MAX_OPEN = 100

    def changeform_view(self, request, object_id=None, form_url="", extra_context=None):
        """Refuse to add an invitation while the user has MAX_OPEN unused ones."""
        unused = Invitation.objects.filter(created_by=request.user.pk, used_at=None, expires_at__gt=timezone.now())
        if object_id is None and unused.count() >= self.MAX_OPEN:
            text = _("You have made %(count)d invitations that are not used yet. Please delete some first.")
            self.message_user(request, text % {"count": self.MAX_OPEN}, messages.ERROR)
            return redirect("admin:accounts_invitation_changelist")
        return super().changeform_view(request, object_id, form_url, extra_context)

    def get_fields(self, request, obj=None):
        return ("note", *self.readonly_fields) if obj else ("note",)

    def save_model(self, request, obj, form, change):
        if not change:
            obj.created_by = request.user
            link = f"{reverse('accounts:signup')}?{urlencode({'invitation': obj.make_token()})}"
            text = _("The invitation, shown only now and valid for one person: %(link)s")
            self.message_user(request, text % {"link": trusted_origin(request) + link}, messages.WARNING)
        super().save_model(request, obj, form, change)


@admin.register(SecurityEvent)
class SecurityEventAdmin(LookingAdmin):
    """For superusers only: it shows when each person was active."""

    list_display = ("at", "person", "kind", "changed", "by_name", "device", "is_local")
    list_reads = ("at", "person__username", "kind", "changed", "by_name", "device", "is_local")
    list_select_related = ("person",)
    ordering = ("-pk",)
    fields = ("at", "person", "kind", "changed", "by_name", "device", "is_local")
    search_fields = ("person__username_key__exact",)
    search_help_text = _("Search by the whole username.")

    def has_view_permission(self, request, obj=None):
        return request.user.is_superuser

    def get_object(self, request, object_id, from_field=None):
        event = super().get_object(request, object_id, from_field)
        if event is not None and (person := User.objects.filter(pk=event.person_id).first()):
            security_events.record_view(security_events.Kind.LOOKED_AT_EVENTS, person, request)
        return event
