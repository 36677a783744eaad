"""What takes too long for a page: asked for by a row, computed by another process, and kept in the same row."""

import datetime
import uuid

from django.conf import settings
from django.contrib.auth import get_user_model
from django.db import models
from django.db.models import Exists, F, OuterRef, Q, Subquery
from django.utils import timezone
from django.utils.translation import gettext, gettext_lazy as _

from insights.fields import PrivateLongTextField
from insights.findings.results import VERSION


class ComputationQuerySet(models.QuerySet):
    def claimable(self, now: datetime.datetime):
        """Those that wait, or whose process was lost, the longest waiting first.

        A lease that ends later than any that is given is one of a clock that was ahead: it has ended too.
        """
        lost = Q(lease_until__lte=now) | Q(lease_until__gt=now + 2 * Computation.LEASE)
        waiting = Q(state=Computation.State.QUEUED) | Q(lost, state=Computation.State.RUNNING)
        return self.filter(waiting).order_by("requested_at", "pk")

    def waiting(self, now: datetime.datetime):
        """Those of them that a process may claim."""
        return self.claimable(now).filter(user__is_active=True)

    def running(self, now: datetime.datetime):
        """Those that a process computes."""
        held = Q(lease_until__gt=now, lease_until__lte=now + 2 * Computation.LEASE)
        return self.filter(held, state=Computation.State.RUNNING)

    def claim(self, now: datetime.datetime) -> "Computation | None":
        """The next one, claimed for the caller alone. None if none waits.

        The comparison and the write are one statement: no two processes can claim the same one, on any database.
        The statement must have no join: Django would put the comparison into a subquery, which PostgreSQL does not
        repeat for a row that another claim has just changed.
        """
        self.give_up(now)
        waiting = self.waiting(now).values_list("pk", flat=True)
        version = get_user_model().objects.filter(pk=OuterRef("user_id")).values("answers_version")
        for pk in waiting[: Computation.MOST_TRIED]:
            claim = uuid.uuid4()
            if (
                self.claimable(now)
                .order_by()
                .filter(pk=pk)
                .update(
                    state=Computation.State.RUNNING,
                    claim=claim,
                    answers_version=Subquery(version),
                    started_at=now,
                    lease_until=now + Computation.LEASE,
                    attempts=F("attempts") + 1,
                    progress=0,
                )
            ):
                return self.select_related("user").defer("result_json").filter(pk=pk, claim=claim).first()
        return None

    def give_up(self, now: datetime.datetime) -> int:
        """Mark those as failed that ended each of their processes. Returns how many they are."""
        lost = self.claimable(now).order_by().filter(attempts__gte=Computation.MOST_ATTEMPTS)
        return lost.filter(state=Computation.State.RUNNING).end(Computation.State.FAILED)

    def end(self, state: "Computation.State", **columns) -> int:
        """Let go of them. Returns how many they were."""
        return self.update(state=state, claim=None, lease_until=None, finished_at=timezone.now(), **columns)

    def ask(self, person, kind: "Computation.Kind", version: int, now: datetime.datetime, *, anew=False) -> bool:
        """Ask for the result of one version of a person's answers. False if it is there, or asked for already.

        `anew`: even if there is one, such as one that cannot be read. One or two statements.
        """
        asked = {"state": Computation.State.QUEUED, "answers_version": version, "requested_at": now}
        row, is_new = self.get_or_create(user=person, kind=kind, defaults=asked)
        if is_new:
            return True
        is_wanted = Q(state=Computation.State.FAILED) | ~Q(answers_version=version)
        is_wanted |= ~Q(result_format=Computation.FORMAT)
        at_rest = Q(state__in=[Computation.State.DONE, Computation.State.FAILED])
        wanted = self.filter(at_rest if anew else at_rest & is_wanted, pk=row.pk)
        return bool(wanted.update(**asked, attempts=0, progress=0, finished_at=None))

    def ask_for_changed(self, now: datetime.datetime, limit: int = 500) -> int:
        """Ask for the findings of people whose answers have changed, and have rested since. Returns for how many.

        Those who saved nothing for long wait until they open the page. One query, and two for each person.
        """
        pending = Q(state__in=[Computation.State.QUEUED, Computation.State.RUNNING])
        settled = Q(state=Computation.State.FAILED) | Q(result_format=Computation.FORMAT)
        of_person = self.filter(user=OuterRef("pk"), kind=Computation.Kind.FINDINGS)
        cared_for = of_person.filter(pending | settled & Q(answers_version=OuterRef("answers_version")))
        rested = (now - Computation.LONGEST_ABSENCE, now - Computation.REST)
        people = get_user_model().objects.filter(~Exists(cared_for), is_active=True, answers_saved_at__range=rested)
        people = people.order_by("answers_saved_at")[:limit]
        return sum(self.ask(person, Computation.Kind.FINDINGS, person.answers_version, now) for person in people)


class Computation(models.Model):
    """The last result of one kind for a person, and whether another one is asked for.

    One row holds both, so that the same result is never asked for or stored twice. `answers_version` is the version
    that was asked for last, `result_version` the one whose result is stored: they differ until the next one is stored.
    """

    class Kind(models.TextChoices):
        FINDINGS = "findings", _("findings")
        NOISE = "noise", _("findings by chance alone")

    class State(models.TextChoices):
        QUEUED = "queued", _("waiting")
        RUNNING = "running", _("being computed")
        DONE = "done", _("computed")
        FAILED = "failed", _("failed")

    # Of what is stored as a result, and of the method. A result of another format is computed anew.
    FORMAT = VERSION
    # A process that computes renews its lease; one that was killed loses it.
    LEASE = datetime.timedelta(minutes=1)
    # So many processes may be lost with one computation, which may be what ends them.
    MOST_ATTEMPTS = 3
    # The findings of changed answers are computed by themselves when none has been saved for so long, of people who
    # saved some within so many days.
    REST = datetime.timedelta(minutes=10)
    LONGEST_ABSENCE = datetime.timedelta(days=30)
    # How many of those that wait a process tries to claim, while others claim them too.
    MOST_TRIED = 20

    # No index of its own: the unique one serves.
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="computations", verbose_name=_("person"), db_index=False
    )
    kind = models.CharField(_("kind"), max_length=8, choices=Kind, editable=False)
    state = models.CharField(_("state"), max_length=7, choices=State, default=State.QUEUED, editable=False)
    answers_version = models.PositiveBigIntegerField(_("version of the answers asked for"), editable=False)
    requested_at = models.DateTimeField(_("asked for"), editable=False)
    started_at = models.DateTimeField(_("started"), null=True, editable=False)
    finished_at = models.DateTimeField(_("finished"), null=True, editable=False)
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0, db_default=0, editable=False)
    # Percent of the work.
    progress = models.PositiveSmallIntegerField(_("progress"), default=0, db_default=0, editable=False)
    # Of the process that computes it: only its holder writes the result.
    claim = models.UUIDField(null=True, editable=False)
    lease_until = models.DateTimeField(null=True, editable=False)
    result_version = models.PositiveBigIntegerField(
        _("version of the answers of the result"), null=True, editable=False
    )
    result_format = models.PositiveSmallIntegerField(null=True, editable=False)
    computed_at = models.DateTimeField(_("result computed"), null=True, editable=False)
    result_json = PrivateLongTextField(_("result"), null=True, editable=False)  # noqa: DJ001 (none yet)

    texts_belong_to = ("user_id", "kind")
    objects = ComputationQuerySet.as_manager()

    class Meta:
        verbose_name = _("computation")
        verbose_name_plural = _("computations")
        ordering = ["pk"]
        indexes = [
            models.Index(
                fields=["requested_at"], name="computation_waiting", condition=Q(state__in=["queued", "running"])
            ),
        ]
        constraints = [
            models.UniqueConstraint(fields=["user", "kind"], name="computation_one_per_kind"),
            models.CheckConstraint(condition=Q(kind__in=["findings", "noise"]), name="computation_kind_known"),
            models.CheckConstraint(
                condition=Q(state__in=["queued", "running", "done", "failed"]), name="computation_state_known"
            ),
            models.CheckConstraint(condition=Q(progress__lte=100), name="computation_progress_in_percent"),
            models.CheckConstraint(
                condition=Q(state="running", claim__isnull=False, lease_until__isnull=False, started_at__isnull=False)
                | ~Q(state="running") & Q(claim__isnull=True, lease_until__isnull=True),
                name="computation_lease_while_running",
            ),
            models.CheckConstraint(
                condition=Q(
                    result_version__isnull=True,
                    result_format__isnull=True,
                    computed_at__isnull=True,
                    result_json__isnull=True,
                )
                | Q(
                    result_version__isnull=False,
                    result_format__isnull=False,
                    computed_at__isnull=False,
                    result_json__isnull=False,
                ),
                name="computation_result_whole",
            ),
            models.CheckConstraint(
                condition=~Q(state="done") | Q(result_version__isnull=False), name="computation_done_with_result"
            ),
            models.CheckConstraint(
                condition=Q(result_version__isnull=True) | Q(result_version__lte=F("answers_version")),
                name="computation_result_not_ahead",
            ),
        ]

    def __str__(self):
        return gettext("computation %(number)s") % {"number": self.pk}

    @property
    def is_pending(self) -> bool:
        return self.state in (self.State.QUEUED, self.State.RUNNING)
