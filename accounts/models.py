import datetime
import secrets
from functools import cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from django.conf import settings
from django.contrib.auth.models import AbstractUser
from django.contrib.sessions.base_session import AbstractBaseSession
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, validate_email
from django.db import models, transaction
from django.urls import reverse
from django.utils import timezone as clock
from django.utils.crypto import salted_hmac
from django.utils.encoding import punycode
from django.utils.translation import gettext_lazy as _

from accounts.managers import ThrottleQuerySet, UserManager
from accounts.sessions import SessionStore, hash_of
from accounts.user_agents import device_in_words
from brainlog.forms import normalized
from encryption import cipher
from encryption.fields import PrivateCharField, associated_data

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
LONGEST_EMAIL = 320


def validate_mailable(email: str):
    """Refuse an address that no mail can be sent to: one whose domain has no form in ASCII, or a form that is none.

    Before the @ ASCII alone: Django's validator lets "ſ" and the Kelvin sign pass for the letters s and k. One that is
    too long is refused by that validator, and not normalised here.
    """
    if len(email) > LONGEST_EMAIL:
        return
    name, _at, domain = email.rpartition("@")
    try:
        validate_email(f"{name}@{punycode(domain)}")
        is_mailable = name.isascii()
    except (UnicodeError, ValidationError):
        is_mailable = False
    if not is_mailable:
        raise ValidationError(validate_email.message, code=validate_email.code)


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
    COUNTED_UP = ("answers_version", "answers_saved_at")

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
        self.username_key = self.key_of(self.username)
        if update_fields is not None and "username" in update_fields:
            update_fields = {*update_fields, "username_key"}
        if update_fields is None and not self._state.adding:
            # Another request may have counted up since this row was read: that is not written back.
            known = {field.attname: field.name for field in self._meta.concrete_fields if not field.primary_key}
            update_fields = [known[name] for name in known.keys() - self.get_deferred_fields() - {*self.COUNTED_UP}]
        has_new_password = self._password is not None and not self._state.adding
        if self.pk is None and self.display_name:
            return self.save_and_name(self.display_name, *args, **kwargs)
        super().save(*args, update_fields=update_fields, **kwargs)
        if has_new_password:
            self.known_browsers.forget()

    def end_sessions(self, but: SessionStore | None = None) -> bool:
        """End all sessions of this person and forget all their browsers, except those of the session `but`.

        Returns whether there was anything to end.
        """
        forgotten = self.known_browsers.exclude(pk=but and but.known_browser_id).forget()
        ended, _tables = self.sessions.exclude(pk=but and but.key_hash).delete()
        return bool(ended or forgotten)

    def save_and_name(self, display_name: str, *args, **kwargs):
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
        for name in self.COUNTED_UP:
            self.__dict__.pop(name, None)

    @classmethod
    def normalize_username(cls, username):
        return normalized(username).strip() if isinstance(username, str) else username

    @classmethod
    def key_of(cls, username: str) -> str:
        """What two spellings of one name have in common.

        Kept in a column, because SQLite folds the case of ASCII letters only.
        """
        return normalized(cls.normalize_username(username).casefold())

    def validate_unique(self, exclude=None):
        """A name is taken however it is written, and every form says so at the name."""
        exclude = set(exclude or ())
        super().validate_unique(exclude | {"username", "username_key"})
        others = User.objects.exclude(pk=self.pk)
        if "username" not in exclude and others.filter(username_key=self.key_of(self.username)).exists():
            raise ValidationError({"username": self.name_is_taken()})

    @classmethod
    def name_is_taken(cls) -> ValidationError:
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


class KnownBrowserQuerySet(models.QuerySet):
    def valid(self):
        """Browsers that have tries of their own: not ended, not too old."""
        return self.filter(ended_at=None, used_at__gt=clock.now() - KnownBrowser.VALID_FOR)

    def forget(self) -> int:
        """End these browsers: they have no tries of their own any more. Returns how many were not ended before."""
        return self.filter(ended_at=None).update(ended_at=clock.now())

    def delete_oldest(self, person: User):
        """Leave room for one more of this person's: of too many, those used longest ago are deleted. One query."""
        of_person = self.filter(person=person)
        kept = of_person.order_by("-used_at", "-pk").values("pk")[: KnownBrowser.MOST - 1]
        of_person.exclude(pk__in=kept).delete()


class KnownBrowser(models.Model):
    """A browser in which a person has signed in: wrong tries from it are counted apart from those of strangers.

    Its cookie holds a random token, the row the token's hash. Signing out leaves the row alone, so that strangers
    cannot keep the person from their own browser. A row that was ended stays, so that the browser is asked at its
    next visit to remove what it keeps for this person.
    """

    MOST = 100  # of a person
    VALID_FOR = datetime.timedelta(days=400)  # Longer than any session, and as long as browsers keep a cookie.

    person = models.ForeignKey(
        User,
        models.CASCADE,
        related_name="known_browsers",
        verbose_name=_("person"),
        db_constraint=False,  # As that of Session: a row of an account that is just being deleted is not refused.
    )
    token_hash = models.CharField(max_length=64, unique=True, editable=False)
    created_at = models.DateTimeField(_("known since"), default=clock.now, editable=False)
    used_at = models.DateTimeField(_("last signed in at"), default=clock.now, editable=False)
    ended_at = models.DateTimeField(_("ended at"), null=True, editable=False)

    objects = KnownBrowserQuerySet.as_manager()

    class Meta:
        verbose_name = _("known browser")
        verbose_name_plural = _("known browsers")

    def __str__(self):
        return str(self.pk)


class SessionQuerySet(models.QuerySet):
    def end(self, but: SessionStore | None = None) -> int:
        """Delete these sessions and forget their browsers, except that of the session `but`. Returns how many ended."""
        browsers = list(self.values_list("known_browser_id", flat=True))
        KnownBrowser.objects.filter(pk__in=browsers).exclude(pk=but and but.known_browser_id).forget()
        ended, _tables = self.delete()
        return ended


class SessionManager(models.Manager.from_queryset(SessionQuerySet)):
    def get_queryset(self):
        """A session is always read with its person."""
        return super().get_queryset().select_related("user")

    def end_oldest(self, person: User):
        """Leave room for one more of this person's: of too many, those used longest ago are ended. One query."""
        kept = self.model._base_manager.filter(user=person).order_by("-seen_at").values("pk")
        self.model._base_manager.filter(user=person).exclude(pk__in=kept[: self.model.MOST - 1]).delete()


class Session(AbstractBaseSession):
    """A browser that is logged in, or a visitor's. Deleting the row ends it at once."""

    MOST = 100  # of a person

    session_key = None  # Django's column. Ours never holds the key itself.
    key_hash = models.CharField(_("hash of the key"), max_length=64, primary_key=True, db_column="session_key")
    user = models.ForeignKey(
        User,
        models.CASCADE,
        null=True,
        related_name="sessions",
        verbose_name=_("person"),
        # A session of somebody just deleted is nobody's. Were the row refused, Django would take its
        # key for one in use and try others without end.
        db_constraint=False,
    )
    created_at = models.DateTimeField(_("signed in at"), default=clock.now)
    seen_at = models.DateTimeField(_("last seen at"), default=clock.now)
    user_agent = models.CharField(_("browser"), max_length=300, blank=True)
    is_local = models.BooleanField(_("from this network"), default=False)
    known_browser = models.ForeignKey(
        KnownBrowser,
        # Sessions end with their own rows. One that names a browser which is gone is merely a session without.
        models.DO_NOTHING,
        null=True,
        related_name="sessions",
        verbose_name=_("known browser"),
        db_constraint=False,
        db_index=False,
    )

    objects = SessionManager()

    class Meta(AbstractBaseSession.Meta):
        pass

    def __str__(self):
        return self.handle

    @classmethod
    def get_session_store_class(cls):
        return SessionStore

    @property
    def associated_data(self) -> tuple[str, ...]:
        """What the content is bound to: copied to a row with another key, or of another person, it is of no use."""
        return associated_data(self._meta.db_table, "session_data", self.pk, self.user_id or "")

    def encrypt(self):
        self.session_data = cipher.encrypt(self.session_data, *self.associated_data)

    def decrypted(self) -> str | None:
        """The content as Django signs it, or None if it cannot be read."""
        try:
            return (
                cipher.decrypt(self.session_data, *self.associated_data) if cipher.is_token(self.session_data) else None
            )
        except cipher.CannotDecryptError:
            return None

    def get_decoded(self) -> dict:
        content = self.decrypted()
        return {} if content is None else SessionStore().decode(content)

    def ends_at(self) -> datetime.datetime:
        """After so long without a visit, and in any case so long after signing in. A visitor's: soon."""
        if self.user_id is None:
            return self.seen_at + datetime.timedelta(seconds=settings.SESSION_VISITOR_AGE)
        idle = self.seen_at + datetime.timedelta(seconds=settings.SESSION_IDLE_AGE)
        return min(idle, self.created_at + datetime.timedelta(seconds=settings.SESSION_COOKIE_AGE))

    @property
    def handle(self) -> str:
        """What a page calls it."""
        return salted_hmac("accounts.session", self.key_hash, algorithm="sha256").hexdigest()[:24]

    @property
    def device(self) -> str:
        return device_in_words(self.user_agent)


class Invitation(models.Model):
    """Lets one stranger sign up. Of its link, the table knows only what checks it."""

    DAYS = 7
    LONGEST_TOKEN = 100

    note = models.CharField(
        _("For whom"), max_length=100, blank=True, help_text=_("So that you know which one it is. Optional.")
    )
    token_hash = models.CharField(max_length=64, unique=True, editable=False)
    created_by = models.ForeignKey(
        User, models.SET_NULL, null=True, editable=False, related_name="+", verbose_name=_("made by")
    )
    created_at = models.DateTimeField(_("made at"), default=clock.now, editable=False)
    expires_at = models.DateTimeField(_("good until"), editable=False)
    used_at = models.DateTimeField(_("used at"), null=True, editable=False)

    class Meta:
        verbose_name = _("invitation")
        verbose_name_plural = _("invitations")

    def __str__(self):
        return self.note or str(self.pk)

    def make_token(self) -> str:
        """Make the secret of the link, which is not to be had again, and start the days that it is good for."""
        token = secrets.token_urlsafe(24)
        self.token_hash = self.hash_of(token)
        self.expires_at = clock.now() + datetime.timedelta(days=self.DAYS)
        return token

    @classmethod
    def is_token(cls, text: str) -> bool:
        return len(text) <= cls.LONGEST_TOKEN

    @staticmethod
    def hash_of(token: str) -> str:
        return hash_of(token)

    @classmethod
    def good(cls, token: str):
        """The invitation with this token that can still be used: one at most."""
        if not cls.is_token(token):
            return cls.objects.none()
        return cls.objects.filter(token_hash=cls.hash_of(token), used_at=None, expires_at__gt=clock.now())


class Throttle(models.Model):
    """A try that counts until it expires, see accounts.rate_limits."""

    cache_key = models.CharField(max_length=255, primary_key=True)
    value = models.TextField()  # always empty
    expires = models.DateTimeField(db_index=True)

    objects = ThrottleQuerySet.as_manager()

    class Meta:
        verbose_name_plural = _("tries")

    def __str__(self):
        return self.cache_key


# What staff in the admin and commands on the server may change of a person.
CHANGED_BY_OTHERS = (
    *("username", "password", "email"),
    *("timezone", "day_ends_at", "week_starts_on", "theme", "screen_lock_minutes"),
    *("is_active", "is_staff", "is_superuser", "groups", "user_permissions"),
)


class EventKind(models.TextChoices):
    """What can happen with an account. The constraint of SecurityEvent takes the values from here."""

    SIGNED_IN = "signed_in", _("Logged in")
    SIGNED_IN_BY_PASSKEY = "signed_in_by_passkey", _("Logged in with a passkey")
    SIGNED_IN_BY_PROVIDER = "signed_in_by_provider", _("Logged in with an account elsewhere")
    SIGN_IN_FAILED = "sign_in_failed", _("Somebody tried to log in, with a wrong password or recovery code")
    CODE_REFUSED = "code_refused", _("A wrong code was given for the second factor")
    LOCKED = "locked", _("Too many wrong tries: logging in had to wait")
    SIGNED_OUT = "signed_out", _("Logged out")
    SESSIONS_ENDED = "sessions_ended", _("Ended the login of other devices")
    PASSWORD_CHANGED = "password_changed", _("Changed the password")
    PASSWORD_RESET = "password_reset", _("Chose a new password in place of a forgotten one")
    RESET_LINK_MADE = "reset_link_made", _("Made a link to a new password")
    EMAIL_CHANGED = "email_changed", _("Changed the e-mail address")
    EMAIL_CONFIRMED = "email_confirmed", _("Confirmed the e-mail address")
    APP_ON = "app_on", _("Switched on codes from an app")
    APP_OFF = "app_off", _("Switched off codes from an app")
    PASSKEY_ADDED = "passkey_added", _("Added a passkey")
    PASSKEY_REMOVED = "passkey_removed", _("Removed a passkey")
    PASSKEY_REFUSED = "passkey_refused", _("Refused a passkey that may be a copy")
    CODES_MADE = "codes_made", _("Made recovery codes")
    CODES_REMOVED = "codes_removed", _("Removed the recovery codes")
    CODE_USED = "code_used", _("Used a recovery code")
    SECOND_FACTOR_OFF = "second_factor_off", _("Switched off the second factor")
    PROVIDER_ADDED = "provider_added", _("Added an account elsewhere")
    PROVIDER_REMOVED = "provider_removed", _("Removed an account elsewhere")
    USERNAME_CHANGED = "username_changed", _("Changed the username")
    ACCOUNT_MADE = "account_made", _("Made the account")
    ACCOUNT_CHANGED = "account_changed", _("Changed the account")
    RIGHTS_CHANGED = "rights_changed", _("Changed what this account may do")
    LOOKED_AT_ACCOUNT = "looked_at_account", _("Looked at your account")
    LOOKED_AT_DELETION = "looked_at_deletion", _("Looked at how much deleting your account would delete")
    LOOKED_AT_EVENTS = "looked_at_events", _("Looked at what happened with your account")
    LOOKED_AT_DAY = "looked_at_day", _("Looked at a day of yours")
    LOOKED_AT_MEDICATION = "looked_at_medication", _("Looked at a medication of yours")
    LOOKED_AT_REFLECTION = "looked_at_reflection", _("Looked at a reflection of yours")
    EXPORTED = "exported", _("Exported your data")
    IMPORTED = "imported", _("Imported data")
    WIPED = "wiped", _("Wiped your data")


class SecurityEvent(models.Model):
    """Something that happened with an account. Written once by accounts.security_events, and never changed.

    Holds no answers, passwords, addresses or names that were typed. Goes with the person.
    """

    Kind = EventKind
    SHOWN_FOR = datetime.timedelta(days=90)

    person = models.ForeignKey(
        User,
        models.CASCADE,
        related_name="security_events",
        verbose_name=_("person"),
        db_index=False,
        db_constraint=False,  # as with sessions: of somebody just deleted, it is nobody's
    )
    kind = models.CharField(_("what"), max_length=30, choices=Kind)
    at = models.DateTimeField(_("when"), default=clock.now)
    by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+", verbose_name=_("by"))
    by_name = models.CharField(_("by"), max_length=150, blank=True)  # of the staff; outlives the account
    # Names of the person's fields, never values: separated by spaces.
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
        """Who did it, where it was not the person, in words: of the staff, or on the server's command line."""
        if not self.by_name:
            return ""
        # No username has a space.
        text = _("by %(name)s, on the server") if " " in self.by_name else _("by %(name)s, of the staff")
        return text % {"name": self.by_name}

    @property
    def description(self) -> str:
        """What happened, and which fields were changed."""
        fields = [User._meta.get_field(name) for name in self.changed.split() if name in CHANGED_BY_OTHERS]
        names = ", ".join(str(field.verbose_name) for field in fields)
        return f"{self.get_kind_display()}: {names}" if names else self.get_kind_display()
