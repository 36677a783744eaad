import datetime

from django.db import models
from django.utils import timezone as clock
from django.utils.translation import gettext_lazy as _

from accounts.models.user import User


class KnownBrowserQuerySet(models.QuerySet):
    def valid(self):
        """Browsers that have tries of their own: not ended, not too old."""
        return self.filter(ended_at=None, used_at__gt=clock.now() - KnownBrowser.VALID_FOR)

    def revoke(self) -> int:
        """End these browsers: they have no tries of their own any more. Returns how many were not ended before."""
        return self.filter(ended_at=None).update(ended_at=clock.now())

    def delete_oldest(self, person: User):
        """Leave room for one more of this person's: of too many, those used longest ago are deleted. One query."""
        of_person = self.filter(person=person)
        kept = of_person.order_by("-used_at", "-pk").values("pk")[: KnownBrowser.MAX_PER_PERSON - 1]
        of_person.exclude(pk__in=kept).delete()


class KnownBrowser(models.Model):
    """A browser in which a person has signed in: wrong tries from it are counted apart from those of strangers.

    Its cookie holds a random token, the row the token's hash. Signing out leaves the row alone, so that strangers
    cannot keep the person from their own browser. A row that was ended stays, so that the browser is asked at its
    next visit to remove what it keeps for this person.
    """

    MAX_PER_PERSON = 100
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
