import datetime

from django.contrib.auth.models import AbstractUser, UserManager as DjangoUserManager
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import models, transaction
from django.urls import reverse
from django.utils import timezone as clock
from django.utils.encoding import punycode
from django.utils.translation import gettext_lazy as _

from accounts.models.clock import PersonalClock
from accounts.sessions import SessionStore
from brainlog.forms import normalized
from encryption.fields import PrivateCharField

# Characters: the limit of Django's own validator.
MAX_EMAIL_LENGTH = 320


def validate_mailable(email: str):
    """Raise ValidationError for an address that no mail can be sent to.

    The domain must have a valid form in ASCII. The part before the @ must be ASCII: Django's validator takes "ſ" and
    the Kelvin sign for the letters s and k. An address that is too long is left to Django's validator, so that no
    unbounded text is normalised here.
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
        """Find a person by username, regardless of case and Unicode form."""
        return self.get(username_key=self.model.make_username_key(username))


class User(PersonalClock, AbstractUser):
    """A person who keeps a log, with their settings."""

    class Theme(models.TextChoices):
        SYSTEM = "system", _("Like my device")
        LIGHT = "light", _("Light")
        DARK = "dark", _("Dark")

    class ScreenLock(models.IntegerChoices):
        """Minutes without input after which the page is hidden."""

        __empty__ = _("Never")
        AFTER_1 = 1, _("After 1 minute")
        AFTER_2 = 2, _("After 2 minutes")
        AFTER_5 = 5, _("After 5 minutes")
        AFTER_10 = 10, _("After 10 minutes")
        AFTER_30 = 30, _("After 30 minutes")

    FOR_GOOD = datetime.date.max  # Of notices_paused_until and reminders_paused_until.

    first_name = None
    last_name = None
    username_key = models.CharField(
        max_length=600,  # Case folding and normalisation can lengthen a name.
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
    theme = models.CharField(_("Colours"), max_length=6, choices=Theme, default=Theme.SYSTEM)
    screen_lock_minutes = models.SmallIntegerField(
        _("Blur the page while I am away"),
        choices=ScreenLock,
        null=True,
        blank=True,
        help_text=_(
            "Against glances: after this time without input, the page is hidden until “Continue” is pressed. "
            "Everyone who has the device can press it; only logging out keeps others out. Needs JavaScript."
        ),
    )
    notices_paused_until = models.DateField(
        _("Notices and hints are paused until"),
        null=True,
        blank=True,
        editable=False,
        help_text=_("They are back on this day of the person. The year 9999 stands for good."),
    )
    # A date, so that it ends by itself with the person's day.
    one_question_on = models.DateField(
        _("asked only one question on"),
        null=True,
        blank=True,
        editable=False,
        help_text=_("The last day on which the person wanted to be asked one question only."),
    )
    catch_up_declined_for = models.DateField(
        _("not catching up on"),
        null=True,
        blank=True,
        editable=False,
        help_text=_("The last day whose missing scores were filled in later, or were to stay open."),
    )
    # Which questions they are asked, see logs/question_choices.py; NULL is the usual set.
    question_choices = models.JSONField(_("choices among the questions"), null=True, blank=True, editable=False)
    # When they want to be reminded of which check-in, see logs/check_in_times.py; NULL: never chosen.
    check_in_times = models.JSONField(_("times of check-ins"), null=True, blank=True, editable=False)
    reminders_paused_until = models.DateField(
        _("Reminders are paused until"),
        null=True,
        blank=True,
        editable=False,
        help_text=_("They are back on this day of the person. The year 9999 stands for good."),
    )
    # The question that the page of a year shows, by its name; empty: never chosen.
    year_question = models.CharField(
        _("question of the year"), max_length=64, blank=True, default="", db_default="", editable=False
    )
    # Whether there are questions of their own, so that the pages of a person without any query none.
    has_own_questions = models.BooleanField(default=False, db_default=False, editable=False)
    is_offered_help = models.BooleanField(
        _("Offer me help after a low mood"),
        default=True,
        db_default=True,
        help_text=_(
            "After a mood of 1 or 2, once a day at most, the page “Need to talk to someone?” is offered. "
            "No one is notified. Its link stays at the end of every page."
        ),
    )
    # The day on which they answered whether logging is worth it: they are asked once. NULL: not yet.
    worth_it_answered_on = models.DateField(_("asked whether logging is worth it"), null=True, editable=False)
    updated_at = models.DateTimeField(_("updated at"), auto_now=True)
    # Number of saves of anything this person has logged. It is read with the person, so it costs no query of its own.
    # Cached results carry the version they were computed from, and are ignored when it has changed.
    answers_version = models.PositiveBigIntegerField(default=0, db_default=0, editable=False)
    answers_saved_at = models.DateTimeField(null=True, editable=False)
    COUNTER_FIELDS = ("answers_version", "answers_saved_at")
    # Written by their own statements only: another request may have changed them since a person was read.
    WRITTEN_APART = (
        *COUNTER_FIELDS,
        *("question_choices", "has_own_questions", "one_question_on", "catch_up_declined_for"),
        *("check_in_times", "reminders_paused_until", "year_question", "worth_it_answered_on"),
    )

    texts_belong_to = ("id",)
    objects = UserManager()

    class Meta:
        verbose_name = _("person")
        verbose_name_plural = _("people")
        constraints = [
            models.CheckConstraint(condition=models.Q(day_ends_at__lte=5), name="user_day_ends_by_five"),
            models.CheckConstraint(condition=models.Q(theme__in=["system", "light", "dark"]), name="user_theme_known"),
            models.CheckConstraint(
                condition=models.Q(week_starts_on__in=["monday", "saturday", "sunday"]),
                name="user_first_weekday_known",
            ),
            models.CheckConstraint(condition=models.Q(hour_format__in=["12", "24"]), name="user_hour_format_known"),
            models.CheckConstraint(
                condition=models.Q(date_format__in=["day-first", "month-first", "dotted", "iso"]),
                name="user_date_format_known",
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
            names = {field.attname: field.name for field in self._meta.concrete_fields if not field.primary_key}
            update_fields = [names[name] for name in names.keys() - self.get_deferred_fields() - {*self.WRITTEN_APART}]
        has_new_password = self._password is not None and not self._state.adding
        if self.pk is None and self.display_name:
            return self.insert_with_display_name(self.display_name, *args, **kwargs)
        super().save(*args, update_fields=update_fields, **kwargs)
        if has_new_password:
            self.known_browsers.revoke()

    def end_sessions(self, but: SessionStore | None = None) -> bool:
        """End all sessions of this person and revoke their known browsers, except those of the session `but`.

        Returns whether any session or browser was ended.
        """
        revoked = self.known_browsers.exclude(pk=but and but.known_browser_id).revoke()
        ended, _tables = self.sessions.exclude(pk=but and but.key_hash).delete()
        return bool(ended or revoked)

    def insert_with_display_name(self, display_name: str, *args, **kwargs):
        """Insert the row, then store the name: its ciphertext is bound to the id, which the database assigns."""
        self.display_name = ""
        try:
            with transaction.atomic(using=kwargs.get("using")):
                super().save(*args, **kwargs)
                self.display_name = display_name
                super().save(using=kwargs.get("using"), update_fields=["display_name"])
        finally:
            self.display_name = display_name

    def answers_changed(self):
        """Increase answers_version, in the transaction of the save. One statement.

        Must be the last statement of that transaction: a transaction that holds this row then waits for no other row,
        so two saves cannot deadlock. The new number is read from the database when it is next accessed.
        """
        User.objects.filter(pk=self.pk).update(
            answers_version=models.F("answers_version") + 1, answers_saved_at=clock.now()
        )
        for name in self.COUNTER_FIELDS:
            self.__dict__.pop(name, None)

    def day_end_changed(self):
        """Let what was computed of answers be computed anew: times after midnight may be of another day. In the
        transaction of the save. Without an answer, nothing was.
        """
        if self.answers_version:
            self.answers_changed()

    @classmethod
    def normalize_username(cls, username):
        return normalized(username).strip() if isinstance(username, str) else username

    @classmethod
    def make_username_key(cls, username: str) -> str:
        """Key of a username that is equal for all its spellings: case-folded and in a single Unicode form.

        Stored in a column, because SQLite folds the case of ASCII letters only.
        """
        return normalized(cls.normalize_username(username).casefold())

    def validate_unique(self, exclude=None):
        """Compare usernames by their key, and report a taken one at the field `username` in every form."""
        exclude = set(exclude or ())
        super().validate_unique(exclude | {"username", "username_key"})
        others = User.objects.exclude(pk=self.pk)
        if "username" not in exclude and others.filter(username_key=self.make_username_key(self.username)).exists():
            raise ValidationError({"username": self.username_taken_error()})

    @classmethod
    def username_taken_error(cls) -> ValidationError:
        return ValidationError(cls._meta.get_field("username_key").error_messages["unique"], code="unique")

    def get_full_name(self):
        """The display name, or the username if there is none or it cannot be decrypted."""
        return self.display_name if self.display_name and isinstance(self.display_name, str) else self.username

    get_short_name = get_full_name

    def get_absolute_url(self):
        return reverse("accounts:profile")

    @property
    def are_notices_paused(self) -> bool:
        """Whether nothing is to be shown or sent unasked: no reminder, notice or hint.

        What a person must know is no notice: errors, drafts, undo, the security of the account. The offer of help after
        a low mood has its own switch, `is_offered_help`.
        """
        return self.notices_paused_until is not None and self.today() < self.notices_paused_until

    @property
    def is_asked_one_question(self) -> bool:
        """Whether they want to be asked one question only today: nothing else is to show as missing."""
        return self.one_question_on is not None and self.one_question_on == self.today()

    def ask_one_question_on(self, day: datetime.date | None):
        """Ask one question only on this day; None, to ask everything again. One statement."""
        User.objects.filter(pk=self.pk).update(one_question_on=day)
        self.one_question_on = day

    def choose_year_question(self, name: str):
        """Show the question of this name on the page of a year. One statement."""
        User.objects.filter(pk=self.pk).update(year_question=name)
        self.year_question = name

    def stop_offering_help(self):
        """Offer the page of help no more after a low mood. One statement."""
        User.objects.filter(pk=self.pk).update(is_offered_help=False)

    def answer_worth_it(self, day: datetime.date):
        """Ask no more whether logging is worth it. The day of the first answer stays. One statement."""
        User.objects.filter(pk=self.pk, worth_it_answered_on=None).update(worth_it_answered_on=day)

    def decline_catch_up(self, day: datetime.date):
        """Offer no more to catch up on this day, nor on one before it. One statement."""
        is_older = models.Q(catch_up_declined_for__isnull=True) | models.Q(catch_up_declined_for__lt=day)
        User.objects.filter(is_older, pk=self.pk).update(catch_up_declined_for=day)

    def offer_catch_up(self, day: datetime.date):
        """Offer again to catch up on this day. One statement."""
        User.objects.filter(pk=self.pk, catch_up_declined_for=day).update(catch_up_declined_for=None)
