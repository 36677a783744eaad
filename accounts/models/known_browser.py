import datetime

from django.db import models
from django.utils import timezone as clock
from django.utils.translation import gettext_lazy as _

from accounts.models.user import User


class KnownBrowserQuerySet(models.QuerySet):
    def valid(self):
        """Browsers whose sign-in attempts are counted separately: neither revoked nor expired."""
        return self.filter(ended_at=None, used_at__gt=clock.now() - KnownBrowser.VALID_FOR)

    def revoke(self) -> int:
        """Revoke these browsers: their attempts are no longer counted separately. Returns how many were valid."""
        return self.filter(ended_at=None).update(ended_at=clock.now())

    def delete_oldest(self, person: User):
        """Delete the least recently used browsers of the person, so that one more fits the limit. One query."""
        of_person = self.filter(person=person)
        kept = of_person.order_by("-used_at", "-pk").values("pk")[: KnownBrowser.MAX_PER_PERSON - 1]
        of_person.exclude(pk__in=kept).delete()


class KnownBrowser(models.Model):
    """A browser in which a person has signed in. Its failed attempts are counted apart from those of strangers.

    The cookie holds a random token, the row the token's hash. Signing out keeps the row, so that strangers cannot lock
    the person out of their own browser. A revoked row stays too: at the browser's next visit, the page removes what
    the browser stores for this person.
    """

    MAX_PER_PERSON = 100
    # Longer than any session, and the longest that browsers keep a cookie.
    VALID_FOR = datetime.timedelta(days=400)

    person = models.ForeignKey(
        User,
        models.CASCADE,
        related_name="known_browsers",
        verbose_name=_("person"),
        db_constraint=False,  # As in Session: inserting a row while the account is being deleted must not fail.
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
