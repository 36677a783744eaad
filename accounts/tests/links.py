"""Following the links of mails, and the pages that they open."""

import re

from django.test import Client, RequestFactory
from django.urls import reverse

from accounts.password_reset import reset_link

NEW = "quite-another-battery"


def link_in(message) -> str:
    """The path of the link in a mail."""
    [link] = re.findall(r"http://testserver(\S+)", message.body)
    return link


def make_reset_link(person) -> str:
    """The path of a new link that resets the person's password."""
    return reset_link(RequestFactory().get("/"), person).removeprefix("http://testserver")


def choose_password(client, link, password=NEW):
    """Open the link and send the form of the page that it leads to."""
    page = client.get(link, follow=True)
    address = page.redirect_chain[-1][0] if page.redirect_chain else link
    return client.post(address, {"new_password1": password, "new_password2": password})


def can_log_in(username, password) -> bool:
    client = Client()
    client.post(reverse("accounts:login"), {"username": username, "password": password})
    return "_auth_user_id" in client.session
