import uuid
from collections.abc import Iterable

from django.conf import settings
from django.db import models, transaction
from django.utils.translation import gettext_lazy as _

# Of sets that this process has stored or read: the keys of those that are known to be stored, and the names, which
# never change. Most check-ins ask what those of the day before did.
STORED: set[uuid.UUID] = set()
NAMES: dict[uuid.UUID, frozenset[str]] = {}
MOST_KNOWN = 2000  # some 2 MB
NAMESPACE = uuid.UUID("9d1c0f5e-7a44-4c1f-8a55-0a2f6f1f8a6b")  # of the keys; another one would duplicate each set


class QuestionSet(models.Model):
    """The names of the questions that a page asked. Stored once per person, and never changed."""

    id = models.UUIDField(primary_key=True, editable=False)
    # No index of its own: the unique one on (user, id) serves.
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="question_sets", verbose_name=_("person"), db_index=False
    )
    names = models.JSONField(_("names"), editable=False)

    class Meta:
        verbose_name = _("set of questions")
        verbose_name_plural = _("sets of questions")
        constraints = [
            # What rows of the same person refer to.
            models.UniqueConstraint(fields=["user", "id"], name="question_set_key_and_user"),
        ]

    def __str__(self):
        return ", ".join(self.names)

    @classmethod
    def of(cls, user_id: int, names: Iterable[str]) -> "QuestionSet":
        """The set of these names, stored or not. Its key follows from the person and the names, without a query."""
        names = sorted(set(names))
        return cls(id=uuid.uuid5(NAMESPACE, " ".join([str(user_id), *names])), user_id=user_id, names=names)

    @classmethod
    def names_in(cls, user_id: int, key: uuid.UUID) -> frozenset[str]:
        """The names in a stored set. One query, or none if they are known."""
        names = NAMES.get(key)
        if names is None:
            names = frozenset(cls.objects.get(user=user_id, pk=key).names)
            make_room(NAMES)
            NAMES[key] = names
        return names

    def store(self):
        """Store it if it is not stored yet, be it by another request at the same time. One query, or none if known.

        A key is known again only once the transaction is committed: if the set was deleted meanwhile, the foreign key
        refuses the transaction, and the next attempt stores the set.
        """
        if self.pk in STORED:
            STORED.discard(self.pk)
        else:
            QuestionSet.objects.bulk_create([self], ignore_conflicts=True)
        transaction.on_commit(self.remember)

    def remember(self):
        make_room(STORED)
        STORED.add(self.pk)


def make_room(known: set | dict):
    if len(known) >= MOST_KNOWN:
        known.clear()
