"""Recording security events, for the person and for operators. Nothing here changes an existing row."""

from collections.abc import Iterable
from functools import partial

from allauth.account.authentication import get_authentication_records
from allauth.account.signals import password_changed, password_set
from allauth.mfa.models import Authenticator
from allauth.mfa.signals import (
    authentication_failed,
    authenticator_added,
    authenticator_removed,
    authenticator_reset,
    authenticator_used,
)
from allauth.socialaccount.signals import social_account_added, social_account_removed
from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db import transaction
from django.db.models.signals import post_delete
from django.dispatch import receiver

from accounts import emails, rate_limits
from accounts.models import SecurityEvent, User
from accounts.user_agents import describe_device

Kind = SecurityEvent.Kind
Type = Authenticator.Type

KIND_OF_ADDED = {Type.TOTP: Kind.APP_ON, Type.WEBAUTHN: Kind.PASSKEY_ADDED, Type.RECOVERY_CODES: Kind.CODES_MADE}
KIND_OF_REMOVED = {
    Type.TOTP: Kind.APP_OFF,
    Type.WEBAUTHN: Kind.PASSKEY_REMOVED,
    Type.RECOVERY_CODES: Kind.CODES_REMOVED,
}

# Strangers can cause these events: at most one row per person in this many seconds.
RECORDING_INTERVALS = {Kind.SIGN_IN_FAILED: 60, Kind.CODE_REFUSED: 60, Kind.PASSKEY_REFUSED: 600, Kind.LOCKED: 600}

# Kinds of changes by staff and commands; a change of any other field is ACCOUNT_CHANGED.
KIND_OF_FIELD = {
    "username": Kind.USERNAME_CHANGED,
    "email": Kind.EMAIL_CHANGED,
    "password": Kind.PASSWORD_CHANGED,
    **dict.fromkeys(("is_active", "is_staff", "is_superuser", "groups", "user_permissions"), Kind.RIGHTS_CHANGED),
}


def record(kind: Kind, person: User, request=None, by: User | None = None):
    """Record an event of the person's account, and mail them if it is one of emails.NOTIFIED_KINDS.

    `by` is the staff member who acted. One INSERT.
    """
    emails.send_security_notice(create_event(kind, person, request, by), person, request)


def record_changes(fields: Iterable[str], person: User, request=None, by: User | None = None, command: str = ""):
    """Record which fields of a person were changed by the staff member `by` or by a command.

    Mails are sent when the transaction is committed, to the confirmed address, which is still the former one.
    """
    by_kind: dict[Kind, list[str]] = {}
    for name in fields:
        by_kind.setdefault(KIND_OF_FIELD.get(name, Kind.ACCOUNT_CHANGED), []).append(name)
    for kind, names in by_kind.items():
        event = create_event(kind, person, request, by, command, changed=" ".join(names))
        transaction.on_commit(partial(emails.send_security_notice, event, person, request), robust=True)


def create_event(kind: Kind, person: User, request, by: User | None, command: str = "", changed: str = ""):
    browser = request.session.browser if request else {}
    return SecurityEvent.objects.create(
        person=person,
        kind=kind,
        by=by,
        by_name=by.username if by else command,
        changed=changed,
        device=describe_device(browser.get("user_agent", "")) if browser else "",
        is_local=browser.get("is_local", False),
    )


def record_view(kind: Kind, person: User, request):
    """Record that a staff member opened a row of another person."""
    if person != request.user:
        record(kind, person, request, by=request.user)


def record_refused_attempt(kind: Kind, username_key: str, request):
    """Record a failed attempt to log in as the person of this name, if there is one.

    Writes one row for a name that does not exist too: the response time does not reveal whether it exists.
    """
    seconds = RECORDING_INTERVALS[kind]
    if not rate_limits.claim_once(f"{kind} {username_key}", seconds):
        return
    if person := User.objects.filter(username_key=username_key).only("pk").first():
        record(kind, person, request)
    else:
        rate_limits.claim_once(f"{kind} without person {username_key}", seconds)


def consume_sign_in(request, username_key: str, address: str) -> list[str]:
    """Call rate_limits.consume_sign_in(), and record when the attempts for this name are used up."""
    try:
        return rate_limits.consume_sign_in(request, username_key, address)
    except rate_limits.RateLimitExceeded as error:
        if error.limit in {rate_limits.SIGN_IN_BY_NAME, rate_limits.SIGN_IN_BY_KNOWN_BROWSER}:
            record_refused_attempt(Kind.LOCKED, username_key, request)
        raise


def record_sign_in(person: User, request):
    """Record a login, by the method that was used for it."""
    steps = {step["method"]: step for step in get_authentication_records(request, person)}
    if "socialaccount" in steps:
        record(Kind.SIGNED_IN_BY_PROVIDER, person, request)
    elif steps.get("mfa", {}).get("passwordless"):
        record(Kind.SIGNED_IN_BY_PASSKEY, person, request)
    else:
        record(Kind.SIGNED_IN, person, request)


@receiver([password_changed, password_set], dispatch_uid="accounts.security_events")
def on_password_changed(request, user, **kwargs):
    record(Kind.PASSWORD_CHANGED, user, request)


@receiver([authenticator_added, authenticator_reset], dispatch_uid="accounts.security_events")
def on_factor_added(request, user, authenticator, **kwargs):
    record(KIND_OF_ADDED[authenticator.type], user, request)


@receiver(authenticator_removed, dispatch_uid="accounts.security_events")
def on_factor_removed(request, user, authenticator, **kwargs):
    record(KIND_OF_REMOVED[authenticator.type], user, request)


@receiver(authenticator_used, dispatch_uid="accounts.security_events")
def on_factor_used(request, user, authenticator, **kwargs):
    if authenticator.type == Type.RECOVERY_CODES:
        record(Kind.CODE_USED, user, request)


@receiver(authentication_failed, dispatch_uid="accounts.security_events")
def on_code_refused(request, user, **kwargs):
    record_refused_attempt(Kind.CODE_REFUSED, user.username_key, request)


@receiver(social_account_added, dispatch_uid="accounts.security_events")
def on_provider_added(request, sociallogin, **kwargs):
    record(Kind.PROVIDER_ADDED, sociallogin.user, request)


@receiver(social_account_removed, dispatch_uid="accounts.security_events")
def on_provider_removed(request, socialaccount, **kwargs):
    record(Kind.PROVIDER_REMOVED, socialaccount.user, request)


@receiver(post_delete, sender=User, dispatch_uid="accounts.security_events")
def remove_name_from_admin_log(instance, using, **kwargs):
    """Replace the deleted person's name in the admin's history by their id, which still groups the entries."""
    people = ContentType.objects.db_manager(using).get_for_model(User)
    entries = LogEntry.objects.using(using).filter(content_type=people, object_id=str(instance.pk))
    entries.update(object_repr=f"#{instance.pk}")
