"""The e-mail address, which is optional, and the ways to a new password: by mail, recovery code, or an admin's link."""

from copy import copy

from allauth.account.decorators import reauthentication_required
from allauth.account.models import EmailAddress
from allauth.core.internal import ratelimit
from allauth.mfa.models import Authenticator
from django import forms
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import views
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.forms import UsernameField
from django.contrib.auth.tokens import default_token_generator
from django.core import signing
from django.db import IntegrityError, transaction
from django.shortcuts import redirect, render
from django.urls import reverse, reverse_lazy
from django.utils.decorators import method_decorator
from django.utils.encoding import force_bytes
from django.utils.http import urlsafe_base64_encode
from django.utils.translation import gettext as _, gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from accounts import events, throttle
from accounts.forms import NewPasswordForm
from accounts.mails import post, verified_email
from accounts.models import User
from encryption.cipher import CannotDecryptError

VERIFY_SALT, VERIFY_SECONDS = "accounts.email", 3 * 24 * 60 * 60

require_get_or_post = require_http_methods(["GET", "HEAD", "POST"])


def tell(request, sent: bool, text: str):
    if sent:
        messages.success(request, text)
    else:
        messages.error(request, _("The mail could not be sent just now. Please try again later."))


# The address


def send_verification(request, person: User) -> bool:
    throttle.take(throttle.MAIL, person.email.lower())
    token = signing.dumps({"person": person.pk, "email": person.email}, salt=VERIFY_SALT)
    address = request.build_absolute_uri(reverse("accounts:email_confirm", args=[token]))
    return post("verify", person.email, request, address=address)


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
        person.save(update_fields=["email", "updated_at"])
        if form.has_changed():
            events.record(events.Kind.EMAIL_CHANGED, person, request)
        if not person.email:
            EmailAddress.objects.filter(user=person).delete()
            messages.success(request, _("We keep no e-mail address of yours any more."))
        elif settings.HAS_EMAIL and person.email.lower() != verified_email(person):
            sent = send_verification(request, person)
            tell(request, sent, _("A mail is on its way to you. Open the link in it to confirm your address."))
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
    person = User.objects.filter(pk=said["person"], email=said["email"], is_active=True).first()
    if person and verified_email(person) == person.email.lower():
        person = None
    if person and request.method == "POST":
        try:
            with transaction.atomic():
                EmailAddress.objects.filter(user=person).delete()
                EmailAddress.objects.create(user=person, email=person.email.lower(), verified=True, primary=True)
        except IntegrityError:
            messages.error(request, _("This address belongs to another account."))
        else:
            events.record(events.Kind.EMAIL_CONFIRMED, person, request)
            messages.success(request, _("Your e-mail address is confirmed."))
        return redirect("today")
    return render(request, "accounts/email_confirm.html", {"person": person, "email": said["email"]})


# A new password


class ResetForm(forms.Form):
    email = forms.EmailField(
        label=gettext_lazy("E-mail address"), widget=forms.EmailInput(attrs={"autocomplete": "email"})
    )

    def send(self, request) -> bool:
        """Mail a link, to an address somebody has proved to read, or word that we do not know it.

        A mail goes out either way: neither the page nor its time tells who has an account.
        """
        email = self.cleaned_data["email"].lower()
        throttle.take(throttle.MAIL, email)
        found = EmailAddress.objects.filter(email=email, verified=True, user__is_active=True).select_related("user")
        for each in found:
            return post("reset", email, request, address=reset_link(request, each.user), username=each.user.username)
        return post("reset_unknown", email, request)


def reset_link(request, person: User) -> str:
    """An address to choose a new password at: good once, for a day, and until the person logs in."""
    identity = urlsafe_base64_encode(force_bytes(person.pk))
    path = reverse("accounts:reset_by_link", args=[identity, default_token_generator.make_token(person)])
    return request.build_absolute_uri(path)


@login_not_required
@require_get_or_post
def reset(request):
    form = ResetForm(request.POST if request.method == "POST" and settings.HAS_EMAIL else None)
    if form.is_valid():
        throttle.take(throttle.RESET_BY_ADDRESS, ratelimit.get_ip(request))
        sent = form.send(request)
        tell(request, sent, _("A mail is on its way to that address."))
        return redirect("accounts:login")
    return render(request, "accounts/reset.html", {"form": form, "has_email": settings.HAS_EMAIL})


def set_new_password(request, form):
    """Store it, and end every session of the person."""
    form.user.sessions.all().delete()
    form.save()
    events.record(events.Kind.PASSWORD_RESET, form.user, request)
    messages.success(request, _("Your password is changed. Please log in with it."))


@method_decorator(login_not_required, name="dispatch")
class ResetByLinkView(views.PasswordResetConfirmView):
    form_class = NewPasswordForm
    http_method_names = ["get", "head", "post"]
    template_name = "accounts/reset_by_link.html"
    success_url = reverse_lazy("accounts:login")

    def form_valid(self, form):
        del self.request.session[views.INTERNAL_RESET_SESSION_TOKEN]
        set_new_password(self.request, form)
        return redirect(self.success_url)


class ResetByCodeForm(NewPasswordForm):
    """A name, one of its recovery codes, and the password to come."""

    username = UsernameField(label=gettext_lazy("Username"), max_length=150)
    code = forms.CharField(
        label=gettext_lazy("Recovery code"),
        max_length=30,
        widget=forms.TextInput(attrs={"autocomplete": "off", "inputmode": "numeric"}),
    )
    field_order = ("username", "code", "new_password1", "new_password2")

    def __init__(self, *args, request, **kwargs):
        super().__init__(None, *args, **kwargs)
        self.request = request

    def clean(self):
        """Look at the code when all else is right: it is used up by that."""
        key = User.key_of(self.cleaned_data.get("username", ""))
        self.user = User.objects.filter(username_key=key, is_active=True).first() or User()
        super().clean()
        if self.errors:
            return self.cleaned_data
        tries = events.take_sign_in(self.request, key, ratelimit.get_ip(self.request))
        if not self.is_right(self.cleaned_data["code"]):
            User().set_password(self.cleaned_data["code"])  # takes as long as storing the new one
            events.record_refusal(events.Kind.SIGN_IN_FAILED, key, self.request)
            raise forms.ValidationError(_("This name and code do not go together. Please check both."), code="wrong")
        throttle.give_back(tries)
        return self.cleaned_data

    def is_right(self, code: str) -> bool:
        codes = self.user.pk and self.user.authenticator_set.filter(type=Authenticator.Type.RECOVERY_CODES).first()
        try:
            return bool(codes) and codes.wrap().validate_code(code)
        except CannotDecryptError:
            return False


@login_not_required
@require_get_or_post
@sensitive_post_parameters()
def reset_by_code(request):
    form = ResetByCodeForm(request.POST if request.method == "POST" else None, request=request)
    if form.is_valid():
        events.record(events.Kind.CODE_USED, form.user, request)
        set_new_password(request, form)
        return redirect("accounts:login")
    return render(request, "accounts/reset_by_code.html", {"form": form})
