"""How people are reminded, and when next."""

import datetime
from collections.abc import Iterable

from django.conf import settings
from django.db import connections, models, router
from django.db.models import Exists, ExpressionWrapper, F, OuterRef, Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Session, User

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
