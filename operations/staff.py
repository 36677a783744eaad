"""Staff accounts on their way from one database to another, with nobody's logs.

The file is JSON as Django's dumpdata writes it, in natural keys: permissions and groups have other
numbers elsewhere. It holds password hashes.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

from django.contrib.auth.models import Group
from django.core import serializers
from django.core.serializers.base import DeserializationError
from django.db import transaction

from accounts import security_events
from accounts.models import User

# The author of a change, in what the person reads.
COMMAND = "manage.py staff"

# What makes an account staff; all else is the person's own. The name to be called by stays behind: it is private
# text, and encrypted for its row.
RIGHTS = ("is_staff", "is_superuser")
RELATED_RIGHTS = ("groups", "user_permissions")
OWN = (
    *("username", "password", "email", "is_active"),
    *("timezone", "theme", "week_starts_on", "day_ends_at", "screen_lock_minutes"),
)


class StaffError(Exception):
    """The file cannot be taken over as it is; nothing was changed."""


@dataclass
class Outcome:
    """What was done, or would be, in sentences."""

    changes: list[str] = field(default_factory=list)
    kept: list[str] = field(default_factory=list)


def dump(people: Iterable[User]) -> str:
    """The accounts and the groups they are in."""
    people = list(people)
    groups = Group.objects.filter(user__in=people).distinct().order_by("name")
    return serializers.serialize(
        "json",
        [*groups, *people],
        fields=["name", "permissions", *OWN, *RIGHTS, *RELATED_RIGHTS],
        use_natural_foreign_keys=True,
        use_natural_primary_keys=True,
        indent=2,
    )


@transaction.atomic
def load(text: str, *, take_over: bool = False, is_rehearsal: bool = False) -> Outcome:
    """Make the accounts that are missing, and give the rights of the file to those that are there.

    With `take_over`, accounts that are there get everything else from the file too, the password among
    it. Raises StaffError, for one if an account of the same name is not staff: it may be anybody's.
    """
    outcome = Outcome()
    try:
        # One after the other: the accounts refer to the groups before them.
        for row in serializers.deserialize("json", text):
            if isinstance(row.object, Group):
                load_group(row, outcome)
            elif isinstance(row.object, User):
                load_account(row, outcome, take_over)
            else:
                raise StaffError(f"The file holds more than staff: {row.object._meta.verbose_name}.")
    except DeserializationError as error:
        raise StaffError(
            "The file is none of manage.py staff, or names a permission that is not known here: migrate both "
            f"databases to the same release first. ({error})"
        ) from error
    if is_rehearsal:
        transaction.set_rollback(True)
    return outcome


def load_group(row, outcome: Outcome) -> None:
    name, wanted = row.object.name, set(row.m2m_data["permissions"])
    group, is_new = Group.objects.get_or_create(name=name)
    if set(group.permissions.values_list("pk", flat=True)) != wanted:
        group.permissions.set(wanted)
        for member in group.user_set.all():
            security_events.record_changes(["groups"], member, command=COMMAND)
        outcome.changes.append(f"group {name}: {'made' if is_new else 'permissions changed'}")
    elif is_new:
        outcome.changes.append(f"group {name}: made")
    else:
        outcome.kept.append(f"group {name}")


def load_account(row, outcome: Outcome, take_over: bool) -> None:
    wanted = row.object
    if not wanted.is_staff:
        raise StaffError(f"{wanted.username} in the file is not staff.")
    account = User.objects.select_for_update().filter(username_key=User.make_username_key(wanted.username)).first()
    if account is None:
        account, is_new = wanted, True
        account.save()
    elif account.is_staff:
        is_new = False
    else:
        raise StaffError(
            f"There is an account {account.username} here that is not staff. It may be anybody's, so nothing was "
            "changed. Rename one of the two, or give it rights in the admin."
        )
    names = [name for name in (*RIGHTS, *(OWN if take_over else ())) if getattr(account, name) != getattr(wanted, name)]
    for name in names:
        setattr(account, name, getattr(wanted, name))
    if names:
        account.save(update_fields=[*names, "updated_at"])
    for name in RELATED_RIGHTS:
        related = getattr(account, name)
        if set(related.values_list("pk", flat=True)) != set(row.m2m_data[name]):
            related.set(row.m2m_data[name])
            names.append(name)
    if is_new:
        outcome.changes.append(f"account {account.username}: made")
    elif names:
        security_events.record_changes(names, account, command=COMMAND)
        outcome.changes.append(f"account {account.username}: changed {', '.join(names)}")
    else:
        outcome.kept.append(f"account {account.username}")
