from copy import copy

from django.contrib import messages
from django.contrib.auth import login, logout, views
from django.contrib.auth.decorators import login_not_required
from django.shortcuts import redirect, render
from django.urls import reverse_lazy
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from accounts.forms import DeleteAccountForm, LoginForm, ProfileForm, SignUpForm

require_get_or_post = require_http_methods(["GET", "HEAD", "POST"])


@login_not_required
@require_get_or_post
@sensitive_post_parameters()
def sign_up(request):
    if request.user.is_authenticated:
        return redirect("today")
    form = SignUpForm(request.POST if request.method == "POST" else None)
    if form.is_valid() and (person := form.save()):
        login(request, person)
        messages.success(request, _("Welcome. This is your place; take your time."))
        return redirect("today")
    return render(request, "accounts/signup.html", {"form": form})


class LoginView(views.LoginView):
    template_name = "accounts/login.html"
    authentication_form = LoginForm
    redirect_authenticated_user = True

    def get_redirect_url(self):
        """Where the person was on this server, unless that was this page: they would go round in circles."""
        address = super().get_redirect_url()
        is_a_path = address.startswith("/") and not address.startswith("//")
        return address if is_a_path and address != self.request.path else ""


@require_get_or_post
def profile(request):
    # The form works on its own copy: a refused theme must not colour the page that says so.
    form = ProfileForm(request.POST if request.method == "POST" else None, instance=copy(request.user))
    if form.is_valid():
        form.save()
        messages.success(request, _("Your profile is saved."))
        return redirect("accounts:profile")
    return render(request, "accounts/profile.html", {"form": form})


@method_decorator(login_not_required, name="dispatch")
class LogoutView(views.LogoutView):
    def post(self, request, *args, **kwargs):
        person = request.user.pk
        response = super().post(request, *args, **kwargs)
        # The page that shows this message also clears what the browser kept for this person.
        messages.success(request, _("You are logged out."), extra_tags=f"{person}/" if person else "")
        return response


class PasswordChangeView(views.PasswordChangeView):
    template_name = "accounts/security.html"
    success_url = reverse_lazy("accounts:profile")

    def form_valid(self, form):
        response = super().form_valid(form)
        messages.success(self.request, _("Your password is changed."))
        return response


@require_get_or_post
@sensitive_post_parameters()
def delete_account(request):
    form = DeleteAccountForm(request.POST if request.method == "POST" else None, user=request.user)
    if form.is_valid():
        person = request.user
        tags = f"{person.pk}/"
        logout(request)
        person.delete()
        text = _("Your account and everything in it is deleted. We wish you well.")
        messages.success(request, text, extra_tags=tags)
        return redirect("today")
    return render(request, "accounts/delete.html", {"form": form})
