import datetime
import secrets
import uuid
from collections.abc import Iterable

from django.conf import settings
from django.db import connections, models, router
from django.db.models import Exists, ExpressionWrapper, F, OuterRef, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import KnownBrowser, Session, User
from accounts.sessions import hash_secret
from brainlog.database.person_keys import CompositeForeignKey, OwnerForeignKey, SamePersonForeignKey
from brainlog.database.retry import retry_on_conflict
from encryption.fields import PrivateCharField
from reminders import channels

# A person who has not visited within this time is not reminded any more.
LONGEST_ABSENCE = datetime.timedelta(days=30)


def is_here(now: datetime.datetime) -> ExpressionWrapper:
    """Whether the person of a row has visited lately: used a session, logged in, or saved an answer.

    A session that was ended by logging out has no row any more, and is a visit nonetheless.
    """
    since = now - LONGEST_ABSENCE
    seen = Session.objects.filter(user=OuterRef("user"), seen_at__gt=since, expire_date__gt=now)
    visited = User.objects.filter(Q(last_login__gt=since) | Q(answers_saved_at__gt=since), pk=OuterRef("user"))
    is_seen = Q(Exists(seen.order_by())) | Q(Exists(visited.order_by()))
    return ExpressionWrapper(is_seen, models.BooleanField())


class PlanQuerySet(models.QuerySet):
    def due(self, now: datetime.datetime):
        """The plans that are due, the longest overdue first, and whether their people are still here.

        Locked: a change of settings waits until the claim is committed, and is read by the next one. Other senders pass
        over them. SQLite has no such locks; there, each transaction that writes runs alone.
        """
        plans = self.filter(next_at__lte=now).annotate(is_here=is_here(now)).order_by("next_at")
        return plans.select_for_update(skip_locked=True, of=("self",))

    def claim(self, plans: Iterable["Plan"], next_times: dict[int, datetime.datetime | None]) -> set[int]:
        """Advance the plans that have not been advanced since they were read, in one statement.

        Returns the keys of their people. The comparison and the write are one statement: no two senders can claim
        the same occurrence, on any database.
        """
        plans = list(plans)
        if not plans:
            return set()
        connection = connections[router.db_for_write(self.model)]
        next_at, key = self.model._meta.get_field("next_at"), self.model._meta.pk
        casts = ("%s",) * 3
        if connection.vendor == "postgresql":  # It takes the values of a list for texts.
            casts = ("CAST(%s AS bigint)", "CAST(%s AS timestamptz)", "CAST(%s AS timestamptz)")
        rows = ", ".join([f"({', '.join(casts)})"] * len(plans))
        values = [
            value
            for plan in plans
            for value in (
                key.get_db_prep_value(plan.pk, connection),
                next_at.get_db_prep_value(plan.next_at, connection),
                next_at.get_db_prep_value(next_times[plan.pk], connection),
            )
        ]
        statement = f"""
            WITH claimed (user_id, was, becomes) AS (VALUES {rows})
            UPDATE reminders_plan SET next_at = claimed.becomes FROM claimed
            WHERE reminders_plan.user_id = claimed.user_id AND reminders_plan.next_at = claimed.was
            RETURNING reminders_plan.user_id
        """  # noqa: S608 (placeholders only)
        with connection.cursor() as cursor:
            cursor.execute(statement, values)
            return {user for (user,) in cursor.fetchall()}


class Plan(models.Model):
    """How a person is reminded, and when next. When they want to be is with the person: logs/check_in_times.py."""

    class Every(models.IntegerChoices):
        """Minutes from one reminder of a check-in to the next."""

        EVERY_10 = 10, _("10 minutes")
        EVERY_15 = 15, _("15 minutes")
        EVERY_30 = 30, _("30 minutes")
        EVERY_60 = 60, _("an hour")

    class Words(models.TextChoices):
        NEUTRAL = "neutral", _("“Time for your log”")
        PLAIN = "plain", _("Which check-in it is, such as “Morning check-in”")

    MOST_REPEATS = 6

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL,
        models.CASCADE,
        primary_key=True,
        related_name="reminder_plan",
        verbose_name=_("person"),
    )
    repeat_minutes = models.PositiveSmallIntegerField(_("repeated every"), choices=Every, default=Every.EVERY_15)
    repeats = models.PositiveSmallIntegerField(_("how many times it is repeated"), default=0)
    words = models.CharField(_("what a reminder says"), max_length=7, choices=Words, default=Words.NEUTRAL)
    quiet_from = models.TimeField(_("quiet from"), null=True, blank=True)
    quiet_until = models.TimeField(_("quiet until"), null=True, blank=True)
    snoozed_until = models.DateTimeField(_("snoozed until"), null=True, editable=False)
    # NULL: no reminder is due, as far as the times go.
    next_at = models.DateTimeField(_("next reminder"), null=True, editable=False)

    objects = PlanQuerySet.as_manager()

    class Meta:
        verbose_name = _("reminder plan")
        verbose_name_plural = _("reminder plans")
        indexes = [models.Index(fields=["next_at"], name="reminder_plan_due", condition=Q(next_at__isnull=False))]
        constraints = [
            models.CheckConstraint(
                condition=Q(repeat_minutes=10) | Q(repeat_minutes=15) | Q(repeat_minutes=30) | Q(repeat_minutes=60),
                name="reminder_plan_interval_known",
            ),
            models.CheckConstraint(condition=Q(repeats__lte=6), name="reminder_plan_repeats_valid"),
            models.CheckConstraint(condition=Q(words__in=["neutral", "plain"]), name="reminder_plan_words_known"),
            models.CheckConstraint(
                condition=Q(quiet_from__isnull=True, quiet_until__isnull=True)
                | Q(quiet_from__isnull=False, quiet_until__isnull=False) & ~Q(quiet_from=F("quiet_until")),
                name="reminder_plan_quiet_hours_whole",
            ),
        ]

    def __str__(self):
        return str(self.user)


class ChannelQuerySet(models.QuerySet):
    def usable(self, now: datetime.datetime):
        """Those of kinds that the operator has configured, without those that wait after a failure or whose address is
        gone, and without browsers in which the person is not logged in any more."""
        configured = [slug for slug, kind in channels.KINDS.items() if kind.is_configured()]
        ready = Q(retry_at__isnull=True) | Q(retry_at__lte=now)
        return self.filter(ready, kind__in=configured).exclude(last_error=channels.GONE).with_login(now)

    def with_login(self, now: datetime.datetime):
        """Those in whose browser the person is logged in, and those of no browser."""
        return self.filter(Q(known_browser=None) | Exists(logins_in_browser(now)))

    def listed(self, person, now: datetime.datetime):
        """Those that the person sees on the page of channels, with whether they wait for a login. One query."""
        waits = ~Q(known_browser=None) & ~Exists(logins_in_browser(now))
        ended = self.filter(user=person).of_ended_logins(now).values("pk")
        waits_for_login = ExpressionWrapper(waits, models.BooleanField())
        return self.filter(user=person).exclude(pk__in=ended).annotate(waits_for_login=waits_for_login)

    def of_ended_logins(self, now: datetime.datetime):
        """Those of browsers whose login was ended from elsewhere, or is forgotten. A login that expired by itself only
        pauses reminders, until the person logs in there again."""
        browsers = KnownBrowser.objects.valid().filter(pk=OuterRef("known_browser_id"))
        return self.exclude(known_browser=None).exclude(Exists(browsers)).exclude(Exists(logins_in_browser(now)))

    @retry_on_conflict
    def add(self, person, kind: str, address_key: str, **values) -> "Channel":
        """Store a channel of the person. One with the same address gets the new values. Raises TooManyChannels."""
        User.objects.select_for_update().get(pk=person.pk)  # Two requests together must not exceed the limit.
        now, own = timezone.now(), self.filter(user=person)
        own.of_ended_logins(now).delete()
        channel = own.filter(kind=kind, address_key=address_key).first()
        if channel is None:
            if own.count() >= Channel.MOST_PER_PERSON:
                raise channels.TooManyChannels
            channel = Channel(user=person, kind=kind, address_key=address_key)
        channel.store(**values)
        return channel


def logins_in_browser(now: datetime.datetime):
    """The sessions of the person in the browser of a channel, unless that is revoked. Query for Exists().

    A new password revokes the browser, and the session is rejected at its next visit: its row can stay until then.
    """
    revoked = KnownBrowser.objects.filter(pk=OuterRef("known_browser_id"), ended_at__isnull=False)
    sessions = Session._base_manager.filter(
        user=OuterRef("user"), known_browser=OuterRef("known_browser_id"), expire_date__gt=now
    )
    return sessions.exclude(Exists(revoked)).order_by()


class Channel(models.Model):
    """One way on which a person is reminded: a browser, their e-mail address, a topic of a server."""

    class Kind(models.TextChoices):
        EMAIL = "email", _("e-mail")
        PUSH = "push", _("a message to this device")
        NTFY = "ntfy", _("ntfy")
        GOTIFY = "gotify", _("Gotify")

    MOST_PER_PERSON = 10

    # No index of its own: the unique one on (user, id) serves.
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.CASCADE,
        related_name="reminder_channels",
        verbose_name=_("person"),
        db_index=False,
    )
    uuid = models.UUIDField(default=uuid.uuid4, editable=False)
    kind = models.CharField(_("kind"), max_length=6, choices=Kind)
    # The host that the reminder is handed to. Those of one host wait for each other, and for no others.
    destination = models.CharField(_("destination"), max_length=253)
    label = PrivateCharField(_("name"), max_length=100, blank=True)
    # What the kind needs, as JSON: a subscription, a topic, a token.
    address = PrivateCharField(_("address"), max_length=4000, blank=True)
    # The hash of the address, so that a browser that subscribes again has one row.
    address_key = models.CharField(max_length=64, editable=False)
    # The browser that receives it. It outlives changes of the session's key, and its sessions name it.
    known_browser = models.ForeignKey(
        KnownBrowser,
        models.DO_NOTHING,
        null=True,
        related_name="+",
        verbose_name=_("known browser"),
        editable=False,
        db_constraint=False,
        db_index=False,
    )
    created_at = models.DateTimeField(_("added"), default=timezone.now, editable=False)
    sent_at = models.DateTimeField(_("last reminder"), null=True, editable=False)
    failures = models.PositiveSmallIntegerField(_("failures in a row"), default=0, editable=False)
    last_error = models.CharField(_("last failure"), max_length=30, blank=True, default="", editable=False)
    retry_at = models.DateTimeField(_("not before"), null=True, editable=False)

    texts_belong_to = ("user_id", "uuid")
    objects = ChannelQuerySet.as_manager()

    class Meta:
        verbose_name = _("reminder channel")
        verbose_name_plural = _("reminder channels")
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["user", "id"], name="reminder_channel_key_and_user"),
            models.UniqueConstraint(fields=["user", "kind", "address_key"], name="reminder_channel_once"),
            models.CheckConstraint(
                condition=Q(kind__in=["email", "push", "ntfy", "gotify"]), name="reminder_channel_kind_known"
            ),
        ]

    def __str__(self):
        return f"{self.get_kind_display()} {self.pk}"

    def store(self, **values) -> None:
        """Save new values. Failures with the former ones do not count any more."""
        for name, value in (values | {"failures": 0, "last_error": "", "retry_at": None}).items():
            setattr(self, name, value)
        self.save()


class DeliveryQuerySet(models.QuerySet):
    def waiting(self, now: datetime.datetime):
        """Those that are not sent yet and still worth sending, the oldest first."""
        return self.filter(state=Delivery.State.QUEUED, worth_until__gt=now).order_by("pk")

    def settle(self, now: datetime.datetime) -> int:
        """Mark those that wait and are not worth sending any more as failed. Returns how many they are."""
        late = self.filter(state=Delivery.State.QUEUED, worth_until__lte=now)
        return late.update(state=Delivery.State.FAILED, finished_at=now, error=Delivery.LATE)

    def settle_lost(self, now: datetime.datetime) -> int:
        """Mark those as failed whose sender ended while it sent them: it is unknown whether they arrived."""
        lost = self.filter(state=Delivery.State.SENDING, started_at__lte=now - Delivery.LOST_AFTER)
        # By the index on due_at: nothing is sent that was due longer ago.
        recent = lost.filter(due_at__gt=now - datetime.timedelta(days=3))
        return recent.update(state=Delivery.State.FAILED, finished_at=now, error=Delivery.LOST)

    def delete_old(self, now: datetime.datetime, limit: int = 1000) -> int:
        """Delete some of those that are not kept any longer, the oldest first. Returns how many."""
        old = self.filter(due_at__lt=now - Delivery.KEPT_FOR).order_by("due_at").values_list("pk", flat=True)[:limit]
        return self.filter(pk__in=list(old)).delete()[0]

    def has_later(self, delivery: "Delivery") -> bool:
        """Whether there is a later reminder of the same check-in on the same channel, which replaces this one."""
        return self.filter(
            channel=delivery.channel_id, day=delivery.day, slug=delivery.slug, due_at__gt=delivery.due_at
        ).exists()

    def start(self, pk: int, now: datetime.datetime) -> bool:
        """Mark one as being sent. False if another sender has, or if it is too late. One statement, committed before
        anything is sent: a sender that is killed then loses this one and never sends it twice."""
        waiting = self.filter(pk=pk, state=Delivery.State.QUEUED, worth_until__gt=now)
        return waiting.update(state=Delivery.State.SENDING, started_at=now) == 1

    def fail(self, pk: int, error: str):
        """Give up one that is not settled."""
        unsettled = self.filter(pk=pk, state__in=[Delivery.State.QUEUED, Delivery.State.SENDING])
        unsettled.update(state=Delivery.State.FAILED, error=error[:30], finished_at=timezone.now())


class Delivery(models.Model):
    """One reminder on one channel. A row is made before it is sent, and at most one for each wall-clock time of a day.

    The wall-clock time and not the instant: a person who travels to the west during a day passes its hours again, and
    is not reminded again of what they were reminded of there.
    """

    class State(models.TextChoices):
        QUEUED = "queued", _("waiting")
        SENDING = "sending", _("being sent")
        SENT = "sent", _("sent")
        FAILED = "failed", _("failed")

    KEPT_FOR = datetime.timedelta(days=30)
    # One that has been sent for so long was lost with its sender: each channel has 10 seconds.
    LOST_AFTER = datetime.timedelta(minutes=5)
    # Failures that are not of a channel.
    LATE, LOST = "late", "unknown"

    channel = SamePersonForeignKey(
        Channel,
        models.CASCADE,
        related_name="deliveries",
        verbose_name=_("channel"),
        db_constraint=False,
        db_index=False,  # The unique one below serves.
    )
    user = OwnerForeignKey(
        settings.AUTH_USER_MODEL, of="channel", related_name="reminder_deliveries", verbose_name=_("person")
    )
    slug = models.CharField(_("check-in"), max_length=10)
    day = models.DateField(_("day of the log"))
    due_at = models.DateTimeField(_("due"))
    # What the person's clock showed then. NULL: queued by a release that did not store it.
    wall_time = models.TimeField(_("due by the person's clock"), null=True)
    worth_until = models.DateTimeField(_("worth sending until"))
    state = models.CharField(_("state"), max_length=7, choices=State, default=State.QUEUED)
    started_at = models.DateTimeField(_("started"), null=True)
    finished_at = models.DateTimeField(_("finished"), null=True)
    error = models.CharField(_("failure"), max_length=30, blank=True, default="")

    objects = DeliveryQuerySet.as_manager()

    class Meta:
        verbose_name = _("reminder delivery")
        verbose_name_plural = _("reminder deliveries")
        ordering = ["pk"]
        indexes = [
            models.Index(fields=["id"], name="reminder_delivery_waiting", condition=Q(state="queued")),
            models.Index(fields=["due_at"], name="reminder_delivery_due"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["channel", "day", "slug", "wall_time"], name="reminder_delivery_by_clock"),
            # For rows without a wall-clock time.
            models.UniqueConstraint(fields=["channel", "day", "slug", "due_at"], name="reminder_delivery_once"),
            CompositeForeignKey(
                fields=["channel", "user"], to_fields=["id", "user"], name="reminder_delivery_of_same_person"
            ),
            models.CheckConstraint(
                condition=Q(state__in=["queued", "sending", "sent", "failed"]), name="reminder_delivery_state_known"
            ),
        ]

    def __str__(self):
        return f"{self.slug} {self.pk}"


class FeedQuerySet(models.QuerySet):
    def with_token(self, token: str, now: datetime.datetime) -> "Feed | None":
        """The feed of a token, with its person, their plan and whether they are still here, in one query.

        None for a token that there is not, or of an inactive account. Longer texts are not hashed.
        """
        if len(token) > Feed.MAX_TOKEN_LENGTH:
            return None
        feeds = self.filter(token_hash=hash_secret(token), user__is_active=True)
        return feeds.select_related("user__reminder_plan").annotate(is_here=is_here(now)).first()

    def renew(self, person) -> str:
        """Give a person a new token, in place of the one they have, and return it: it cannot be read later."""
        token = secrets.token_urlsafe(Feed.TOKEN_BYTES)
        values = {"token_hash": hash_secret(token), "created_at": timezone.now()}
        self.update_or_create(user=person, defaults=values)
        return token


class Feed(models.Model):
    """The private calendar address of a person. Holds the hash of its token: a copy of the table opens no feed."""

    TOKEN_BYTES = 24
    MAX_TOKEN_LENGTH = 100

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL,
        models.CASCADE,
        primary_key=True,
        related_name="reminder_feed",
        verbose_name=_("person"),
    )
    token_hash = models.CharField(max_length=64, unique=True, editable=False)
    created_at = models.DateTimeField(_("made"), default=timezone.now, editable=False)

    objects = FeedQuerySet.as_manager()

    class Meta:
        verbose_name = _("calendar feed")
        verbose_name_plural = _("calendar feeds")

    def __str__(self):
        return str(self.user)


class SenderState(models.Model):
    """When a sender last looked for reminders that are due: one row for all senders."""

    # The page says that reminders are off, and checkdb warns, when no sender has looked for this long.
    SILENT_AFTER = datetime.timedelta(minutes=5)
    KEY = 1

    id = models.PositiveSmallIntegerField(primary_key=True, default=KEY)
    seen_at = models.DateTimeField(_("last round"))

    class Meta:
        verbose_name = _("sender of reminders")
        verbose_name_plural = _("senders of reminders")
        constraints = [models.CheckConstraint(condition=Q(id=1), name="reminder_sender_one_row")]

    def __str__(self):
        return str(self.seen_at)

    @classmethod
    def record(cls, now: datetime.datetime):
        row = cls(pk=cls.KEY, seen_at=now)
        cls.objects.bulk_create([row], update_conflicts=True, unique_fields=["id"], update_fields=["seen_at"])

    @classmethod
    def is_running(cls, now: datetime.datetime) -> bool:
        return cls.objects.filter(seen_at__gt=now - cls.SILENT_AFTER).exists()
