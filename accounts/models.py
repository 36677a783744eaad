import datetime
import hashlib
import secrets
import unicodedata
from functools import cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from django.conf import settings
from django.contrib.auth.models import AbstractUser
from django.contrib.sessions.base_session import AbstractBaseSession, BaseSessionManager
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator
from django.db import models
from django.urls import reverse
from django.utils import timezone as clock
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext, gettext_lazy as _

from accounts.managers import UserManager
from accounts.sessions import SessionStore

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
            params={"name": name},
        )


class User(AbstractUser):
    """Who keeps a log, and by which clock and calendar."""

    class Theme(models.TextChoices):
        SYSTEM = "system", _("Like my device")
        LIGHT = "light", _("Light")
        DARK = "dark", _("Dark")

    class FirstWeekday(models.TextChoices):
        SUNDAY = "sunday", _("Sunday")
        MONDAY = "monday", _("Monday")

    LATEST_DAY_END = 5

    first_name = None
    last_name = None
    username_key = models.CharField(
        max_length=600,  # folding case and form can lengthen a name
        unique=True,
        editable=False,
        error_messages={"unique": _("This name is taken. Please choose another.")},
    )
    display_name = models.CharField(
        _("Name to call you"), max_length=100, blank=True, help_text=_("Shown to you on your pages. Optional.")
    )
    email = models.EmailField(_("E-mail address"), blank=True, help_text=_("Optional. You can use Brain Log without."))
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
    updated_at = models.DateTimeField(_("updated at"), auto_now=True)
    # Counts the saves of anything this person has logged. It is read with the person, so each request
    # knows it for nothing, and what was computed from older answers carries an older number.
    answers_version = models.PositiveBigIntegerField(default=0, db_default=0, editable=False)
    answers_saved_at = models.DateTimeField(null=True, editable=False)
    COUNTED_UP = ("answers_version", "answers_saved_at")

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
        ]

    def save(self, *args, update_fields=None, **kwargs):
        self.username_key = self.key_of(self.username)
        if update_fields is not None and "username" in update_fields:
            update_fields = {*update_fields, "username_key"}
        if update_fields is None and not self._state.adding:
            # Another request may have counted up since this row was read: that is not written back.
            known = {field.attname: field.name for field in self._meta.concrete_fields if not field.primary_key}
            update_fields = [known[name] for name in known.keys() - self.get_deferred_fields() - {*self.COUNTED_UP}]
        super().save(*args, update_fields=update_fields, **kwargs)

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
        return unicodedata.normalize("NFKC", username).strip() if isinstance(username, str) else username

    @classmethod
    def key_of(cls, username: str) -> str:
        """What two spellings of one name have in common.

        Kept in a column, because SQLite folds the case of ASCII letters only.
        """
        return unicodedata.normalize("NFKC", cls.normalize_username(username).casefold())

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
        return self.display_name or self.username

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


# What browsers say of themselves, the particular before what others say as well.
BROWSERS = [
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("SamsungBrowser", "Samsung Internet"),
    ("Firefox", "Firefox"),
    ("FxiOS", "Firefox"),
    ("CriOS", "Chrome"),
    ("Chrome", "Chrome"),
    ("Safari", "Safari"),
]
SYSTEMS = [
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("CrOS", "ChromeOS"),
    ("Windows", "Windows"),
    ("Mac OS X", "Mac"),
    ("Linux", "Linux"),
]


class SessionManager(BaseSessionManager):
    def get_queryset(self):
        """A session is always read with its person."""
        return super().get_queryset().select_related("user")


class Session(AbstractBaseSession):
    """A browser that is logged in, or a visitor's. Deleting the row ends it at once."""

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

    objects = SessionManager()

    class Meta(AbstractBaseSession.Meta):
        pass

    @classmethod
    def get_session_store_class(cls):
        return SessionStore

    def ends_at(self) -> datetime.datetime:
        """After so long without a visit, and in any case so long after signing in."""
        idle = self.seen_at + datetime.timedelta(seconds=settings.SESSION_IDLE_AGE)
        return min(idle, self.created_at + datetime.timedelta(seconds=settings.SESSION_COOKIE_AGE))

    @property
    def handle(self) -> str:
        """What a page may call it: whoever knows the key is in."""
        return salted_hmac("accounts.session", self.session_key, algorithm="sha256").hexdigest()[:24]

    @property
    def device(self) -> str:
        """The browser and the system it runs on, in words, by what the browser says of itself."""
        browser = next((name for sign, name in BROWSERS if sign in self.user_agent), None)
        system = next((name for sign, name in SYSTEMS if sign in self.user_agent), None)
        if browser and system:
            return gettext("%(browser)s on %(system)s") % {"browser": browser, "system": system}
        return browser or system or gettext("An unknown device")


class Invitation(models.Model):
    """Lets one stranger sign up. Of its link, the table knows only what checks it."""

    DAYS = 7

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

    @staticmethod
    def hash_of(token: str) -> str:
        return hashlib.sha256(token.encode(errors="replace")).hexdigest()

    @classmethod
    def good(cls, token: str):
        """The invitation with this token that can still be used: one at most."""
        return cls.objects.filter(token_hash=cls.hash_of(token), used_at=None, expires_at__gt=clock.now())


class Throttle(models.Model):
    """The table of the cache that counts tries, see settings.CACHES: as `createcachetable` makes it."""

    cache_key = models.CharField(max_length=255, primary_key=True)
    value = models.TextField()
    expires = models.DateTimeField(db_index=True)

    class Meta:
        verbose_name_plural = _("tries")

    def __str__(self):
        return self.cache_key
