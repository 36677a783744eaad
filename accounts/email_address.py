"""The e-mail address of a person: changing, removing and confirming it."""

from copy import copy

from allauth.account.decorators import reauthentication_required
from allauth.account.models import EmailAddress
from allauth.core.internal import ratelimit
from django import forms
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.core import signing
from django.db import IntegrityError, transaction
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.encoding import punycode
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache

from accounts import rate_limits, security_events
from accounts.emails import send_template, verified_email
from accounts.models import User
from brainlog.origin import trusted_origin

VERIFY_SALT, VERIFY_SECONDS = "accounts.email", 3 * 24 * 60 * 60


def show_mail_result(request, sent: bool, text: str):
    """Add the message `text` if the mail was sent, an error otherwise."""
    if sent:
        messages.success(request, text)
    else:
        messages.error(request, _("The mail could not be sent just now. Please try again later."))


def consume_mail(request, email: str, person: User | None = None):
    """Consume one mail to an unconfirmed address, which may belong to a stranger.

    Counted for the client address, the person and the mailbox. Raises RateLimitExceeded, so call it before anything is
    stored.
    """
    rate_limits.consume_for_address(rate_limits.MAIL_BY_ADDRESS, ratelimit.get_ip(request))
    if person:
        rate_limits.consume(rate_limits.MAIL_BY_PERSON, str(person.pk))
    for limit in (rate_limits.MAIL, rate_limits.MAIL_A_DAY):
        rate_limits.consume(limit, mailbox(email))


def mailbox(email: str) -> str:
    """Key that is equal for all addresses of one mailbox.

    Without the part after a plus sign, which providers deliver to the same mailbox, and with the domain in ASCII,
    since a domain has several spellings in Unicode.
    """
    name, _at, domain = email.lower().rpartition("@")
    return f"{name.partition('+')[0]}@{punycode(domain)}"


def send_verification(request, person: User):
    """Mail the link that confirms the address, and add a message about it. Call consume_mail() first."""
    token = signing.dumps({"person": person.pk, "email": person.email}, salt=VERIFY_SALT)
    address = trusted_origin(request) + reverse("accounts:email_confirm", args=[token])
    sent = send_template("verify", person.email, request, address=address)
    show_mail_result(request, sent, _("A mail is on its way to you. Open the link in it to confirm your address."))


class EmailForm(forms.ModelForm):
    class Meta:
        model = User
        fields = ("email",)
        widgets = {"email": forms.EmailInput(attrs={"autocomplete": "email"})}


@reauthentication_required(app="allauth.account")
def email(request):
    """Change or remove the address. The confirmed one stays valid until another is confirmed or it is removed."""
    person = copy(request.user)
    form = EmailForm(request.POST if request.method == "POST" else None, instance=person)
    if form.is_valid():
        must_be_confirmed = settings.HAS_EMAIL and person.email and person.email.lower() != verified_email(person)
        if must_be_confirmed:
            consume_mail(request, person.email, person)
        person.save(update_fields=["email", "updated_at"])
        if form.has_changed():
            security_events.record(security_events.Kind.EMAIL_CHANGED, person, request)
        if not person.email:
            EmailAddress.objects.filter(user=person).delete()
            messages.success(request, _("Your e-mail address is removed."))
        elif must_be_confirmed:
            send_verification(request, person)
        return redirect("accounts:email")
    context = {"form": form, "verified": verified_email(request.user), "has_email": settings.HAS_EMAIL}
    return render(request, "accounts/email.html", context)


@login_not_required
@never_cache
def email_confirm(request, token):
    """Confirm the address by a link that is valid once, for three days, and while the address is unchanged."""
    try:
        claims = signing.loads(token, salt=VERIFY_SALT, max_age=VERIFY_SECONDS)
    except signing.BadSignature:
        claims = {"person": None, "email": ""}
    try:
        person = confirm_address(claims) if request.method == "POST" else person_of_link(claims, User.objects.all())
    except IntegrityError:
        messages.error(request, _("This address belongs to another account."))
        return redirect("today")
    if person and request.method == "POST":
        security_events.record(security_events.Kind.EMAIL_CONFIRMED, person, request)
        messages.success(request, _("Your e-mail address is confirmed."))
        return redirect("today")
    return render(request, "accounts/email_confirm.html", {"person": person, "email": claims["email"]})


def person_of_link(claims: dict, people) -> User | None:
    """The person whose address the link confirms; None if it is confirmed already or has changed since."""
    person = people.filter(pk=claims["person"], email=claims["email"], is_active=True).first()
    return None if person and verified_email(person) == person.email.lower() else person


@transaction.atomic
def confirm_address(claims: dict) -> User | None:
    """Confirm the address of person_of_link(), and return the person.

    Locks the person's row: of parallel requests with one link, the first confirms, and the others find it confirmed.
    Raises IntegrityError if another account has confirmed the address.
    """
    if person := person_of_link(claims, User.objects.select_for_update()):
        EmailAddress.objects.filter(user=person).delete()
        EmailAddress.objects.create(user=person, email=person.email.lower(), verified=True, primary=True)
    return person
