"""Reminders on their way, and what became of them."""

import datetime

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from brainlog.database.person_keys import CompositeForeignKey, OwnerForeignKey, SamePersonForeignKey
from reminders.models.channels import Channel


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
