"""The e-mail address of a person: changed, removed, and confirmed by a link."""

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
from django.views.decorators.http import require_http_methods

from accounts import rate_limits, security_events
from accounts.emails import send_template, verified_email
from accounts.models import User
from brainlog.origin import trusted_origin

VERIFY_SALT, VERIFY_SECONDS = "accounts.email", 3 * 24 * 60 * 60

require_get_or_post = require_http_methods(["GET", "HEAD", "POST"])


def show_mail_result(request, sent: bool, text: str):
    if sent:
        messages.success(request, text)
    else:
        messages.error(request, _("The mail could not be sent just now. Please try again later."))


def consume_mail(request, email: str, person: User | None = None):
    """Use one of the mails that may go to an address that is not confirmed: it may be a stranger's.

    Counted for the visitor, for the person, and for the mailbox. Raises RateLimitExceeded: comes before anything is stored.
    """
    rate_limits.consume_for_address(rate_limits.MAIL_BY_ADDRESS, ratelimit.get_ip(request))
    if person:
        rate_limits.consume(rate_limits.MAIL_BY_PERSON, str(person.pk))
    for limit in (rate_limits.MAIL, rate_limits.MAIL_A_DAY):
        rate_limits.consume(limit, mailbox(email))


def mailbox(email: str) -> str:
    """What several addresses of one mailbox have in common.

    What follows a plus sign is the reader's own. A domain has many spellings in Unicode, and one in ASCII.
    """
    name, _at, domain = email.lower().rpartition("@")
    return f"{name.partition('+')[0]}@{punycode(domain)}"


def send_verification(request, person: User) -> bool:
    """Mail the link. Returns whether the mail server took it. consume_mail comes before."""
    token = signing.dumps({"person": person.pk, "email": person.email}, salt=VERIFY_SALT)
    address = trusted_origin(request) + reverse("accounts:email_confirm", args=[token])
    return send_template("verify", person.email, request, address=address)


class EmailForm(forms.ModelForm):
    class Meta:
        model = User
        fields = ("email",)
        widgets = {"email": forms.EmailInput(attrs={"autocomplete": "email"})}


@require_get_or_post
@reauthentication_required(app="allauth.account")
def email(request):
    """Change, remove or verify it. A verified one counts until the next is verified, or it is removed."""
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
            messages.success(request, _("We keep no e-mail address of yours any more."))
        elif must_be_confirmed:
            sent = send_verification(request, person)
            show_mail_result(
                request, sent, _("A mail is on its way to you. Open the link in it to confirm your address.")
            )
        return redirect("accounts:email")
    context = {"form": form, "verified": verified_email(request.user), "has_email": settings.HAS_EMAIL}
    return render(request, "accounts/email.html", context)


@login_not_required
@never_cache
@require_get_or_post
def email_confirm(request, token):
    """Good once, for three days, and for the address that is still the person's."""
    try:
        said = signing.loads(token, salt=VERIFY_SALT, max_age=VERIFY_SECONDS)
    except signing.BadSignature:
        said = {"person": None, "email": ""}
    try:
        person = confirm_address(said) if request.method == "POST" else person_of_link(said, User.objects.all())
    except IntegrityError:
        messages.error(request, _("This address belongs to another account."))
        return redirect("today")
    if person and request.method == "POST":
        security_events.record(security_events.Kind.EMAIL_CONFIRMED, person, request)
        messages.success(request, _("Your e-mail address is confirmed."))
        return redirect("today")
    return render(request, "accounts/email_confirm.html", {"person": person, "email": said["email"]})


def person_of_link(said: dict, people) -> User | None:
    """Whose address the link confirms; None where it is confirmed, or not the person's any more."""
    person = people.filter(pk=said["person"], email=said["email"], is_active=True).first()
    return None if person and verified_email(person) == person.email.lower() else person


@transaction.atomic
def confirm_address(said: dict) -> User | None:
    """Confirm the address for person_of_link, and return them.

    Holds the person's row, so that of parallel requests with one link the first confirms and the others find it done.
    Raises IntegrityError if another account has confirmed the address.
    """
    if person := person_of_link(said, User.objects.select_for_update()):
        EmailAddress.objects.filter(user=person).delete()
        EmailAddress.objects.create(user=person, email=person.email.lower(), verified=True, primary=True)
    return person
