import datetime
from functools import cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from django.contrib.auth.models import AbstractUser, UserManager as DjangoUserManager
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, validate_email
from django.db import models, transaction
from django.urls import reverse
from django.utils import timezone as clock
from django.utils.encoding import punycode
from django.utils.translation import gettext_lazy as _

from accounts.sessions import SessionStore
from brainlog.forms import normalized
from encryption.fields import PrivateCharField

DEFAULT_TIMEZONE = "America/New_York"


@cache
def timezone_names() -> tuple[str, ...]:
    """Every IANA zone a person can live in, sorted. Reads the zone files once per process."""
    return tuple(sorted(name for name in available_timezones() if name not in {"Factory", "localtime"}))


def validate_timezone(name: str):
    if name not in timezone_names():
        raise ValidationError(
            _("We don't know the time zone “%(name)s”. Choose one from the list, such as Europe/Berlin."),
            code="unknown_timezone",
            params={"name": name[:64]},
        )


# Characters, as Django's own validator has it.
MAX_EMAIL_LENGTH = 320


def validate_mailable(email: str):
    """Refuse an address that no mail can be sent to: one whose domain has no form in ASCII, or a form that is none.

    Before the @ ASCII alone: Django's validator lets "ſ" and the Kelvin sign pass for the letters s and k. One that is
    too long is refused by that validator, and not normalised here.
    """
    if len(email) > MAX_EMAIL_LENGTH:
        return
    name, _at, domain = email.rpartition("@")
    try:
        validate_email(f"{name}@{punycode(domain)}")
        is_mailable = name.isascii()
    except (UnicodeError, ValidationError):
        is_mailable = False
    if not is_mailable:
        raise ValidationError(validate_email.message, code=validate_email.code)


class UserManager(DjangoUserManager):
    def get_by_natural_key(self, username):
        """Find a person however they capitalise their name today."""
        return self.get(username_key=self.model.make_username_key(username))


class User(AbstractUser):
    """Who keeps a log, and by which clock and calendar."""

    class Theme(models.TextChoices):
        SYSTEM = "system", _("Like my device")
        LIGHT = "light", _("Light")
        DARK = "dark", _("Dark")

    class FirstWeekday(models.TextChoices):
        SUNDAY = "sunday", _("Sunday")
        MONDAY = "monday", _("Monday")

    class ScreenLock(models.IntegerChoices):
        """After how many minutes without a touch the page is hidden."""

        __empty__ = _("Never")
        AFTER_1 = 1, _("After 1 minute")
        AFTER_2 = 2, _("After 2 minutes")
        AFTER_5 = 5, _("After 5 minutes")
        AFTER_10 = 10, _("After 10 minutes")
        AFTER_30 = 30, _("After 30 minutes")

    LATEST_DAY_END = 5

    first_name = None
    last_name = None
    username_key = models.CharField(
        max_length=600,  # folding case and form can lengthen a name
        unique=True,
        editable=False,
        error_messages={"unique": _("This name is taken. Please choose another.")},
    )
    display_name = PrivateCharField(
        _("Name to call you"), max_length=100, blank=True, help_text=_("Shown to you on your pages. Optional.")
    )
    email = models.EmailField(
        _("E-mail address"),
        blank=True,
        validators=[validate_mailable],
        help_text=_("Optional. You can use Brain Log without."),
    )
    timezone = models.CharField(
        _("Time zone"),
        max_length=64,
        default=DEFAULT_TIMEZONE,
        validators=[validate_timezone],
        help_text=_("Type a city to search. Your days begin and end by its clock."),
    )
    theme = models.CharField(_("Colours"), max_length=6, choices=Theme, default=Theme.SYSTEM)
    week_starts_on = models.CharField(
        _("The week starts on"), max_length=6, choices=FirstWeekday, default=FirstWeekday.SUNDAY
    )
    day_ends_at = models.PositiveSmallIntegerField(
        _("My day ends at"),
        default=4,
        validators=[MaxValueValidator(LATEST_DAY_END)],
        help_text=_("What you log before this hour of the night belongs to the evening before."),
    )
    screen_lock_minutes = models.SmallIntegerField(
        _("Blur the page while I am away"),
        choices=ScreenLock,
        null=True,
        blank=True,
        help_text=_(
            "Against glances: after so long without a touch the page is hidden until somebody taps “Continue”. "
            "Anybody can; only logging out keeps people out. Needs JavaScript."
        ),
    )
    updated_at = models.DateTimeField(_("updated at"), auto_now=True)
    # Counts the saves of anything this person has logged. It is read with the person, so each request
    # knows it for nothing, and what was computed from older answers carries an older number.
    answers_version = models.PositiveBigIntegerField(default=0, db_default=0, editable=False)
    answers_saved_at = models.DateTimeField(null=True, editable=False)
    COUNTER_FIELDS = ("answers_version", "answers_saved_at")

    texts_belong_to = ("id",)
    objects = UserManager()

    class Meta:
        verbose_name = _("person")
        verbose_name_plural = _("people")
        constraints = [
            models.CheckConstraint(condition=models.Q(day_ends_at__lte=5), name="user_day_ends_by_five"),
            models.CheckConstraint(condition=models.Q(theme__in=["system", "light", "dark"]), name="user_theme_known"),
            models.CheckConstraint(
                condition=models.Q(week_starts_on__in=["sunday", "monday"]), name="user_first_weekday_known"
            ),
            models.CheckConstraint(
                # Not __in: Django cannot read a list of one-digit numbers back from SQLite (get_constraints).
                condition=models.Q(screen_lock_minutes=1)
                | models.Q(screen_lock_minutes=2)
                | models.Q(screen_lock_minutes=5)
                | models.Q(screen_lock_minutes=10)
                | models.Q(screen_lock_minutes=30),
                name="user_screen_lock_known",
            ),
        ]

    def save(self, *args, update_fields=None, **kwargs):
        self.username_key = self.make_username_key(self.username)
        if update_fields is not None and "username" in update_fields:
            update_fields = {*update_fields, "username_key"}
        if update_fields is None and not self._state.adding:
            # Another request may have counted up since this row was read: that is not written back.
            known = {field.attname: field.name for field in self._meta.concrete_fields if not field.primary_key}
            update_fields = [known[name] for name in known.keys() - self.get_deferred_fields() - {*self.COUNTER_FIELDS}]
        has_new_password = self._password is not None and not self._state.adding
        if self.pk is None and self.display_name:
            return self.insert_with_display_name(self.display_name, *args, **kwargs)
        super().save(*args, update_fields=update_fields, **kwargs)
        if has_new_password:
            self.known_browsers.revoke()

    def end_sessions(self, but: SessionStore | None = None) -> bool:
        """End all sessions of this person and forget all their browsers, except those of the session `but`.

        Returns whether there was anything to end.
        """
        revoked = self.known_browsers.exclude(pk=but and but.known_browser_id).revoke()
        ended, _tables = self.sessions.exclude(pk=but and but.key_hash).delete()
        return bool(ended or revoked)

    def insert_with_display_name(self, display_name: str, *args, **kwargs):
        """Insert the row, then add the name: it is bound to the id, which the database gives."""
        self.display_name = ""
        try:
            with transaction.atomic(using=kwargs.get("using")):
                super().save(*args, **kwargs)
                self.display_name = display_name
                super().save(using=kwargs.get("using"), update_fields=["display_name"])
        finally:
            self.display_name = display_name

    def answers_changed(self):
        """Count a save of anything this person has logged, in the save's own transaction. One statement.

        Always the last one: whoever holds this row waits for no other, so no two saves wait for each
        other. The new number is read from the database if this request asks for it again.
        """
        User.objects.filter(pk=self.pk).update(
            answers_version=models.F("answers_version") + 1, answers_saved_at=clock.now()
        )
        for name in self.COUNTER_FIELDS:
            self.__dict__.pop(name, None)

    @classmethod
    def normalize_username(cls, username):
        return normalized(username).strip() if isinstance(username, str) else username

    @classmethod
    def make_username_key(cls, username: str) -> str:
        """What two spellings of one name have in common.

        Kept in a column, because SQLite folds the case of ASCII letters only.
        """
        return normalized(cls.normalize_username(username).casefold())

    def validate_unique(self, exclude=None):
        """A name is taken however it is written, and every form says so at the name."""
        exclude = set(exclude or ())
        super().validate_unique(exclude | {"username", "username_key"})
        others = User.objects.exclude(pk=self.pk)
        if "username" not in exclude and others.filter(username_key=self.make_username_key(self.username)).exists():
            raise ValidationError({"username": self.username_taken_error()})

    @classmethod
    def username_taken_error(cls) -> ValidationError:
        return ValidationError(cls._meta.get_field("username_key").error_messages["unique"], code="unique")

    def get_full_name(self):
        """The name to be called by; the username where there is none, or none that can be read."""
        return self.display_name if self.display_name and isinstance(self.display_name, str) else self.username

    get_short_name = get_full_name

    def get_absolute_url(self):
        return reverse("accounts:profile")

    @property
    def zone(self) -> ZoneInfo:
        try:
            return ZoneInfo(self.timezone)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            # A zone can disappear from the server's files; the pages still open.
            return ZoneInfo(DEFAULT_TIMEZONE)

    def local_time(self, now: datetime.datetime | None = None) -> datetime.datetime:
        """The time on this person's clock."""
        return clock.localtime(now or clock.now(), self.zone)

    def today(self, now: datetime.datetime | None = None) -> datetime.date:
        """The calendar day this person is living in.

        Read off the wall clock, not by subtracting hours from the instant: on the days the clocks
        change the two differ by an hour.
        """
        local = self.local_time(now)
        return local.date() - datetime.timedelta(days=local.hour < self.day_ends_at)

    def week_of(self, day: datetime.date) -> datetime.date:
        """The first day of the week that `day` is in."""
        days_since_monday = day.weekday()
        days_into_week = (
            days_since_monday if self.week_starts_on == self.FirstWeekday.MONDAY else (days_since_monday + 1) % 7
        )
        return day - datetime.timedelta(days=days_into_week)
