"""The ways on which people are reminded."""

import datetime
import uuid

from django.conf import settings
from django.db import models
from django.db.models import Exists, ExpressionWrapper, OuterRef, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import KnownBrowser, Session, User
from brainlog.database.retry import retry_on_conflict
from encryption.fields import PrivateCharField
from reminders import channels


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
