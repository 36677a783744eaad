"""Exports staff accounts to a file and imports them into another database, without their logs.

The file is JSON as Django's dumpdata writes it, with natural keys: permissions and groups have other primary keys in
another database. It contains password hashes.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

from django.contrib.auth.models import Group
from django.core import serializers
from django.core.serializers.base import DeserializationError
from django.db import transaction

from accounts import security_events
from accounts.models import User

# The author of a change, as the account's security events show it.
COMMAND = "manage.py staff"

# What makes an account staff, and what is the person's own. The display name is not exported: it is private text, and
# encrypted for its row.
PERMISSION_FIELDS = ("is_staff", "is_superuser")
RELATED_PERMISSION_FIELDS = ("groups", "user_permissions")
OWN_FIELDS = (
    *("username", "password", "email", "is_active"),
    *("timezone", "theme", "week_starts_on", "hour_format", "date_format", "day_ends_at", "screen_lock_minutes"),
)


class StaffError(Exception):
    """The file cannot be imported; nothing was changed."""


@dataclass
class Outcome:
    """Phrases for each group and account: what changed, or would change, and what was as in the file already."""

    changes: list[str] = field(default_factory=list)
    unchanged: list[str] = field(default_factory=list)


def dump(accounts: Iterable[User]) -> str:
    """The accounts and their groups as JSON."""
    accounts = list(accounts)
    groups = Group.objects.filter(user__in=accounts).distinct().order_by("name")
    return serializers.serialize(
        "json",
        [*groups, *accounts],
        fields=["name", "permissions", *OWN_FIELDS, *PERMISSION_FIELDS, *RELATED_PERMISSION_FIELDS],
        use_natural_foreign_keys=True,
        use_natural_primary_keys=True,
        indent=2,
    )


@transaction.atomic
def load(text: str, *, take_over: bool = False, is_dry_run: bool = False) -> Outcome:
    """Create missing accounts, and give existing ones the permissions in the file.

    With `take_over`, existing accounts get everything else from the file as well, including the password. Raises
    StaffError if the file is not such an export, or if an existing account of the same name is not staff: it may belong
    to another person.
    """
    outcome = Outcome()
    try:
        # One by one: an account refers to the groups before it.
        for row in serializers.deserialize("json", text):
            if isinstance(row.object, Group):
                load_group(row, outcome)
            elif isinstance(row.object, User):
                load_account(row, outcome, take_over)
            else:
                raise StaffError(f"The file contains more than staff: {row.object._meta.verbose_name}.")
    except DeserializationError as error:
        raise StaffError(
            "The file is no export of manage.py staff, or names a permission that is unknown here: migrate both "
            f"databases to the same release first. ({error})"
        ) from error
    if is_dry_run:
        transaction.set_rollback(True)
    return outcome


def load_group(row, outcome: Outcome) -> None:
    name, permissions = row.object.name, set(row.m2m_data["permissions"])
    group, is_new = Group.objects.get_or_create(name=name)
    if set(group.permissions.values_list("pk", flat=True)) != permissions:
        group.permissions.set(permissions)
        for member in group.user_set.all():
            security_events.record_changes(["groups"], member, command=COMMAND)
        outcome.changes.append(f"group {name}: {'created' if is_new else 'permissions changed'}")
    elif is_new:
        outcome.changes.append(f"group {name}: created")
    else:
        outcome.unchanged.append(f"group {name}")


def load_account(row, outcome: Outcome, take_over: bool) -> None:
    imported = row.object
    if not imported.is_staff:
        raise StaffError(f"{imported.username} in the file is not staff.")
    account = User.objects.select_for_update().filter(username_key=User.make_username_key(imported.username)).first()
    if account is None:
        account, is_new = imported, True
        account.save()
    elif account.is_staff:
        is_new = False
    else:
        raise StaffError(
            f"The account {account.username} exists here and is not staff. It may belong to another person, so nothing "
            "was changed. Rename one of the two, or make it staff in the admin."
        )
    names = [
        name
        for name in (*PERMISSION_FIELDS, *(OWN_FIELDS if take_over else ()))
        if getattr(account, name) != getattr(imported, name)
    ]
    for name in names:
        setattr(account, name, getattr(imported, name))
    if names:
        account.save(update_fields=[*names, "updated_at"])
    moves_days = "day_ends_at" in names
    for name in RELATED_PERMISSION_FIELDS:
        related = getattr(account, name)
        if set(related.values_list("pk", flat=True)) != set(row.m2m_data[name]):
            related.set(row.m2m_data[name])
            names.append(name)
    if moves_days:
        account.day_end_changed()
    if is_new:
        outcome.changes.append(f"account {account.username}: created")
    elif names:
        security_events.record_changes(names, account, command=COMMAND)
        outcome.changes.append(f"account {account.username}: changed {', '.join(names)}")
    else:
        outcome.unchanged.append(f"account {account.username}")
