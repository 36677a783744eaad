from copy import copy

import allauth.account.views
from allauth.account.decorators import reauthentication_required
from allauth.account.utils import complete_signup
from allauth.core.internal import ratelimit
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import logout, views
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from accounts import emails, known_browsers, rate_limits, security_events, zones
from accounts.email_address import consume_mail, send_verification
from accounts.forms import (
    DeleteAccountForm,
    LoginForm,
    NewPasswordForm,
    PasswordChangeForm,
    PauseForm,
    ProfileForm,
    SignUpForm,
    ZoneForm,
)
from accounts.models import Invitation, SecurityEvent, Session, User
from accounts.reauthentication import (
    has_password_and_second_factor,
    is_recently_confirmed,
    needs_more_than_password,
    redirect_to_reauthentication,
)
from accounts.social_login import providers
from brainlog.database.retry import retry_on_conflict
from brainlog.formats.locales import conventions_for
from brainlog.pagination import page_by_offset, page_number

SESSIONS_A_PAGE = 50


class LoginView(allauth.account.views.LoginView):
    form_class = LoginForm
    template_name = "accounts/login.html"

    def get_context_data(self, **kwargs):
        next_url = self.get_next_url() or ""
        context = {"next": next_url, "registration": settings.REGISTRATION}
        context |= {"ended_person_ids": known_browsers.ended_person_ids(self.request)}
        context |= {"only_by_provider": settings.LOGIN_ONLY_BY_PROVIDER}
        context["providers"] = providers(self.request, "login", **({"next": next_url} if next_url else {}))
        return super().get_context_data(**context, **kwargs)

    def post(self, request, *args, **kwargs):
        if settings.LOGIN_ONLY_BY_PROVIDER:
            raise PermissionDenied
        return super().post(request, *args, **kwargs)


class SignUpView(allauth.account.views.SignupView):
    form_class = SignUpForm
    template_name = "accounts/signup.html"
    template_name_signup_closed = "accounts/signup_closed.html"

    def post(self, request, *args, **kwargs):
        rate_limits.consume_for_address(rate_limits.SIGN_UP, ratelimit.get_ip(request))
        return super().post(request, *args, **kwargs)

    def form_valid(self, form):
        form.instance.adopt(conventions_for(self.request))
        if settings.REGISTRATION == "invite":
            with transaction.atomic():
                if not self.invitation().update(used_at=timezone.now()):
                    return self.closed()  # A parallel request has used the invitation.
                person = form.save()
                transaction.set_rollback(person is None)  # The name was just taken; the invitation stays valid.
        else:
            person = form.save()
        if person is None:
            return self.form_invalid(form)
        messages.success(self.request, _("Welcome. This is your place; take your time."))
        if person.email and settings.HAS_EMAIL:
            self.send_verification(person)
        return complete_signup(self.request, person, None, self.get_success_url())

    def send_verification(self, person: User):
        """Mail the link, or show a message if the mails to this address are used up, possibly by strangers."""
        try:
            consume_mail(self.request, person.email, person)
        except rate_limits.RateLimitExceeded:
            text = _("Too many mails have gone to your e-mail address. You can ask for one later, under “You”.")
            messages.warning(self.request, text)
            return
        send_verification(self.request, person)

    def invitation(self):
        return Invitation.usable(self.request.POST.get("invitation", ""))

    def get_context_data(self, **kwargs):
        token = self.request.POST.get("invitation") or self.request.GET.get("invitation", "")
        return super().get_context_data(invitation=token if Invitation.is_token(token) else "", **kwargs)


def profile(request):
    # The form changes a copy: an invalid theme must not be applied to the page that shows the error.
    form = ProfileForm(request.POST if request.method == "POST" else None, instance=copy(request.user))
    if form.is_valid():
        form.save()
        messages.success(request, _("Your profile is saved."))
        return redirect("accounts:profile")
    context = {
        "form": form,
        "has_providers": bool(settings.PROVIDERS),
        "paused": pause_in_words(request.user) if request.user.are_notices_paused else "",
        "pauses": [(value, label) for value, label in PauseForm.base_fields["pause"].choices if value != "resume"],
    }
    return render(request, "accounts/profile.html", context)


def pause_in_words(person) -> str:
    if person.notices_paused_until == User.FOR_GOOD:
        return _("Notices and hints are paused for good.")
    return _("Notices and hints are paused until %(day)s.") % {"day": date_format(person.notices_paused_until)}


@require_http_methods(["POST"])
def use_zone(request):
    """Let the person's days follow another clock from now on. No day that is logged moves."""
    form = ZoneForm(request.POST, instance=copy(request.user))
    if not form.is_valid():
        messages.error(request, form.errors["timezone"][0])
        return redirect("accounts:profile")
    person = form.save()
    text = _("Your days now follow the time of %(zone)s. Days you have logged stay where they are.")
    messages.success(request, text % {"zone": zones.named_as_zone(person.timezone).name})
    return redirect("today")


@require_http_methods(["POST"])
def pause_notices(request):
    """Pause notices and hints for as long as was chosen, or show them again."""
    form, person = PauseForm(request.POST), request.user
    if form.is_valid():
        person.notices_paused_until = form.until(person.today())
        person.save(update_fields=["notices_paused_until", "updated_at"])
        text = pause_in_words(person) if person.are_notices_paused else _("Notices and hints are shown again.")
        messages.success(request, text)
    else:
        messages.error(request, _("Please choose for how long."))
    return redirect("accounts:profile")


@method_decorator(login_not_required, name="dispatch")
class LogoutView(views.LogoutView):
    def get_redirect_url(self):
        """Always lead to the welcome page: no page of ours sends `next`, which would also accept a relative path."""
        return ""

    def post(self, request, *args, **kwargs):
        person = request.user.pk
        if person:
            security_events.record(security_events.Kind.SIGNED_OUT, request.user, request)
        elif (shown := request.POST.get("person", "")).isdecimal() and len(shown) < 20:
            person = int(shown)  # The session has ended, but the page with the button was still open.
        response = super().post(request, *args, **kwargs)
        # The page that shows this message also removes what the browser stores for this person.
        messages.success(request, _("You are logged out."), extra_tags=f"{person}/" if person else "")
        return response


@method_decorator(reauthentication_required(app="accounts", enabled=has_password_and_second_factor), name="dispatch")
class PasswordChangeView(allauth.account.views.PasswordChangeView):
    form_class = PasswordChangeForm
    template_name = "accounts/security.html"

    def form_valid(self, form):
        response = super().form_valid(form)
        end_other_sessions(self.request)
        return response


class SetPasswordView(allauth.account.views.PasswordSetView):
    """Sets a password for a person without one, who logs in with a passkey or a provider."""

    form_class = NewPasswordForm
    template_name = "accounts/security.html"

    def form_valid(self, form):
        response = super().form_valid(form)
        end_other_sessions(self.request)
        return response


def end_other_sessions(request):
    """End the person's other sessions after a new password. This browser gets a new token: its old one is revoked."""
    request.user.end_sessions(but=request.session)
    known_browsers.remember(request, request.user)


@require_http_methods(["GET", "HEAD"])
def sessions(request):
    open_now = request.user.sessions.filter(expire_date__gt=timezone.now()).order_by("-seen_at", "pk")
    listed = list(open_now[: Session.MAX_PER_PERSON])
    rows, pages = page_by_offset(listed, page_number(request), SESSIONS_A_PAGE)
    other_browsers = request.user.known_browsers.valid().exclude(pk=request.session.known_browser_id)
    has_others = len(listed) > 1 or other_browsers.exists()
    context = pages | {"sessions": rows, "this": request.session.key_hash, "has_others": has_others}
    context |= {"most": Session.MAX_PER_PERSON}
    return render(request, "accounts/sessions.html", context)


@require_http_methods(["POST"])
def end_sessions(request):
    """End the session with the submitted handle, or without one, all but this one. Requires reauthentication."""
    if not is_recently_confirmed(request):
        return redirect_to_reauthentication(request, reverse("accounts:confirm"), then=reverse("accounts:sessions"))
    if handle := request.POST.get("session"):
        others = request.user.sessions.exclude(pk=request.session.key_hash)
        ended = others.filter(pk__in=[each.pk for each in others if each.handle == handle]).end(but=request.session)
    else:
        ended = request.user.end_sessions(but=request.session)
    if ended:
        security_events.record(security_events.Kind.SESSIONS_ENDED, request.user, request)
    messages.success(request, _("Ended. Those devices have to log in again."))
    return redirect("accounts:sessions")


@require_http_methods(["GET", "HEAD"])
def account_events(request):
    """Recent security events of the account, including views by staff."""
    lately = request.user.security_events.filter(at__gt=timezone.now() - SecurityEvent.SHOWN_FOR)
    rows, pages = page_by_offset(lately.order_by("-at", "-pk"), page_number(request))
    return render(request, "accounts/events.html", pages | {"events": rows})


@retry_on_conflict
def delete_person(pk: int):
    """Delete a person with everything they own. By id, since deleting an object unsets its id before a retry."""
    User.objects.filter(pk=pk).delete()


@sensitive_post_parameters()
@reauthentication_required(app="accounts", enabled=needs_more_than_password)
def delete_account(request):
    form = DeleteAccountForm(request.POST if request.method == "POST" else None, user=request.user)
    if form.is_valid():
        person = request.user
        tags, addresses = f"{person.pk}/", emails.verified_emails([person])
        delete_person(person.pk)
        logout(request)
        emails.send_deletion_notices(addresses, request)
        text = _("Your account and everything in it is deleted. We wish you well.")
        messages.success(request, text, extra_tags=tags)
        return redirect("today")
    return render(request, "accounts/delete.html", {"form": form})
