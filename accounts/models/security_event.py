import datetime

from django.db import models
from django.utils import timezone as clock
from django.utils.translation import gettext_lazy as _

from accounts.models.user import User

# Fields of a person that staff can change in the admin, or an operator by a command.
STAFF_EDITABLE_FIELDS = (
    *("username", "password", "email"),
    *("timezone", "day_ends_at", "week_starts_on", "hour_format", "date_format", "theme", "screen_lock_minutes"),
    *("is_active", "is_staff", "is_superuser", "groups", "user_permissions"),
)


class EventKind(models.TextChoices):
    """Kinds of security events. Outside of SecurityEvent, so that the constraint in its Meta can name the values."""

    SIGNED_IN = "signed_in", _("Logged in")
    SIGNED_IN_BY_PASSKEY = "signed_in_by_passkey", _("Logged in with a passkey")
    SIGNED_IN_BY_PROVIDER = "signed_in_by_provider", _("Logged in with an account elsewhere")
    SIGN_IN_FAILED = "sign_in_failed", _("Failed attempt: wrong password or recovery code")
    CODE_REFUSED = "code_refused", _("Failed attempt: wrong code of the second factor")
    LOCKED = "locked", _("Too many failed attempts: logging in was paused")
    SIGNED_OUT = "signed_out", _("Logged out")
    SESSIONS_ENDED = "sessions_ended", _("Ended the login of other devices")
    PASSWORD_CHANGED = "password_changed", _("Changed the password")
    PASSWORD_RESET = "password_reset", _("Chose a new password in place of a forgotten one")
    RESET_LINK_MADE = "reset_link_made", _("Created a link for a new password")
    EMAIL_CHANGED = "email_changed", _("Changed the e-mail address")
    EMAIL_CONFIRMED = "email_confirmed", _("Confirmed the e-mail address")
    APP_ON = "app_on", _("Switched on codes from an app")
    APP_OFF = "app_off", _("Switched off codes from an app")
    PASSKEY_ADDED = "passkey_added", _("Added a passkey")
    PASSKEY_REMOVED = "passkey_removed", _("Removed a passkey")
    PASSKEY_REFUSED = "passkey_refused", _("Failed attempt: the passkey may be a copy")
    CODES_MADE = "codes_made", _("Created recovery codes")
    CODES_REMOVED = "codes_removed", _("Removed the recovery codes")
    CODE_USED = "code_used", _("Used a recovery code")
    SECOND_FACTOR_OFF = "second_factor_off", _("Switched off the second factor")
    PROVIDER_ADDED = "provider_added", _("Added an account elsewhere")
    PROVIDER_REMOVED = "provider_removed", _("Removed an account elsewhere")
    USERNAME_CHANGED = "username_changed", _("Changed the username")
    ACCOUNT_MADE = "account_made", _("Created the account")
    ACCOUNT_CHANGED = "account_changed", _("Changed the account")
    RIGHTS_CHANGED = "rights_changed", _("Changed what this account may do")
    LOOKED_AT_ACCOUNT = "looked_at_account", _("Looked at your account")
    LOOKED_AT_DELETION = "looked_at_deletion", _("Looked at how much deleting your account would delete")
    LOOKED_AT_EVENTS = "looked_at_events", _("Looked at what happened with your account")
    LOOKED_AT_DAY = "looked_at_day", _("Looked at a day of yours")
    LOOKED_AT_EVENT = "looked_at_event", _("Looked at a note of yours about what happened")
    LOOKED_AT_MEDICATION = "looked_at_medication", _("Looked at a medication of yours")
    LOOKED_AT_QUESTION = "looked_at_question", _("Looked at a question of yours")
    LOOKED_AT_REFLECTION = "looked_at_reflection", _("Looked at a reflection of yours")
    EXPORTED = "exported", _("Exported your data")
    REPORT_LINK_MADE = "report_link_made", _("Made a link to a report")
    REPORT_LINK_REVOKED = "report_link_revoked", _("Ended a link to a report")
    IMPORTED = "imported", _("Imported data")
    WIPED = "wiped", _("Wiped your data")


class SecurityEvent(models.Model):
    """An event in the life of an account. Written once by accounts.security_events, and never changed.

    Holds no answers, passwords, addresses or typed names. Deleted with the person.
    """

    Kind = EventKind
    SHOWN_FOR = datetime.timedelta(days=90)

    person = models.ForeignKey(
        User,
        models.CASCADE,
        related_name="security_events",
        verbose_name=_("person"),
        db_index=False,
        db_constraint=False,  # As in Session: inserting a row while the account is being deleted must not fail.
    )
    kind = models.CharField(_("what"), max_length=30, choices=Kind)
    at = models.DateTimeField(_("when"), default=clock.now)
    by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+", verbose_name=_("by"))
    # Username of the staff member, or name of the command. Outlives the staff member's account.
    by_name = models.CharField(_("by"), max_length=150, blank=True)
    # Names of changed fields, separated by spaces. Never their values.
    changed = models.CharField(_("changed"), max_length=200, blank=True, default="", db_default="")
    device = models.CharField(_("device"), max_length=100, blank=True)
    is_local = models.BooleanField(_("from this network"), default=False)

    class Meta:
        verbose_name = _("security event")
        verbose_name_plural = _("security events")
        indexes = [models.Index(fields=["person", "-at"], name="security_event_of_person")]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(kind__in=EventKind.values),
                name="security_event_kind_known",
            )
        ]

    def __str__(self):
        return self.get_kind_display()

    @property
    def author(self) -> str:
        """Who acted, in words, if not the person: a member of the staff, or a command on the server."""
        if not self.by_name:
            return ""
        # The names of commands contain a space, usernames do not.
        text = _("by %(name)s, on the server") if " " in self.by_name else _("by %(name)s, of the staff")
        return text % {"name": self.by_name}

    @property
    def description(self) -> str:
        """Label of the event, with the names of the changed fields."""
        fields = [User._meta.get_field(name) for name in self.changed.split() if name in STAFF_EDITABLE_FIELDS]
        names = ", ".join(str(field.verbose_name) for field in fields)
        return f"{self.get_kind_display()}: {names}" if names else self.get_kind_display()
