"""What happened with an account, written down for the person and for operators. Nothing here changes a row."""

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

ADDED = {Type.TOTP: Kind.APP_ON, Type.WEBAUTHN: Kind.PASSKEY_ADDED, Type.RECOVERY_CODES: Kind.CODES_MADE}
REMOVED = {Type.TOTP: Kind.APP_OFF, Type.WEBAUTHN: Kind.PASSKEY_REMOVED, Type.RECOVERY_CODES: Kind.CODES_REMOVED}

# Strangers can cause these: no more than one row a person in so many seconds.
AT_MOST_EVERY = {Kind.SIGN_IN_FAILED: 60, Kind.CODE_REFUSED: 60, Kind.PASSKEY_REFUSED: 600, Kind.LOCKED: 600}


# The kinds of changes by others; a change of any other field is ACCOUNT_CHANGED.
KINDS_OF_CHANGES = {
    "username": Kind.USERNAME_CHANGED,
    "email": Kind.EMAIL_CHANGED,
    "password": Kind.PASSWORD_CHANGED,
    **dict.fromkeys(("is_active", "is_staff", "is_superuser", "groups", "user_permissions"), Kind.RIGHTS_CHANGED),
}


def record(kind: Kind, person: User, request=None, by: User | None = None):
    """Write down what happened with the person's account, and mail it to them if it decides who gets in.

    `by` is who on the staff did it. One INSERT.
    """
    emails.send_security_notice(create_event(kind, person, request, by), person, request)


def record_changes(fields: Iterable[str], person: User, request=None, by: User | None = None, command: str = ""):
    """Write down which fields of a person others have changed: `by` a member of the staff, or a command.

    Mails what decides who gets in, once the transaction is over: to the confirmed address, which is still the former
    one.
    """
    by_kind: dict[Kind, list[str]] = {}
    for name in fields:
        by_kind.setdefault(KINDS_OF_CHANGES.get(name, Kind.ACCOUNT_CHANGED), []).append(name)
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
    """Write down that somebody on the staff looked at one row of another person."""
    if person != request.user:
        record(kind, person, request, by=request.user)


def record_refused_attempt(kind: Kind, name_key: str, request):
    """Write down that somebody tried to be the person of this name, if there is one.

    For a name that nobody has as much is written, elsewhere: the time does not tell which it was.
    """
    seconds = AT_MOST_EVERY[kind]
    if not rate_limits.claim_once(f"{kind} {name_key}", seconds):
        return
    if person := User.objects.filter(username_key=name_key).only("pk").first():
        record(kind, person, request)
    else:
        rate_limits.claim_once(f"{kind} of nobody {name_key}", seconds)


def consume_sign_in(request, name_key: str, address: str) -> list[str]:
    """Use one try to sign in, see throttle.consume_sign_in, and write down when there are no more for this name."""
    try:
        return rate_limits.consume_sign_in(request, name_key, address)
    except rate_limits.RateLimitExceeded as refusal:
        if refusal.limit in {rate_limits.SIGN_IN_BY_NAME, rate_limits.SIGN_IN_BY_KNOWN_BROWSER}:
            record_refused_attempt(Kind.LOCKED, name_key, request)
        raise


def record_sign_in(person: User, request):
    ways = {step["method"]: step for step in get_authentication_records(request, person)}
    if "socialaccount" in ways:
        record(Kind.SIGNED_IN_BY_PROVIDER, person, request)
    elif ways.get("mfa", {}).get("passwordless"):
        record(Kind.SIGNED_IN_BY_PASSKEY, person, request)
    else:
        record(Kind.SIGNED_IN, person, request)


@receiver([password_changed, password_set], dispatch_uid="accounts.security_events")
def on_password(request, user, **kwargs):
    record(Kind.PASSWORD_CHANGED, user, request)


@receiver([authenticator_added, authenticator_reset], dispatch_uid="accounts.security_events")
def on_factor_added(request, user, authenticator, **kwargs):
    record(ADDED[authenticator.type], user, request)


@receiver(authenticator_removed, dispatch_uid="accounts.security_events")
def on_factor_removed(request, user, authenticator, **kwargs):
    record(REMOVED[authenticator.type], user, request)


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
def on_person_gone(instance, using, **kwargs):
    """Leave of their name in the admin's history the number alone: by it, the entries are still about one person."""
    people = ContentType.objects.db_manager(using).get_for_model(User)
    entries = LogEntry.objects.using(using).filter(content_type=people, object_id=str(instance.pk))
    entries.update(object_repr=f"#{instance.pk}")
