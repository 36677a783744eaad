"""Table of every URL and of who may use it with which method. test_access.py fails if one is missing."""

import datetime
from dataclasses import dataclass

from django.conf import settings
from django.urls import URLPattern, get_resolver, reverse

DAY, SUNDAY = datetime.date(2026, 5, 4), datetime.date(2026, 5, 3)
ROW = 1_000_000_000  # in each table of the admin: larger than the keys that the database assigns
MONTH, YEAR = datetime.date(2026, 5, 1), datetime.date(2026, 1, 1)


# The login page; and the admin's, which redirects visitors to ours, and shows 403 to people who are not staff.
LOGIN, ADMIN_LOGIN = "accounts:login", "admin:login"


@dataclass(frozen=True)
class Address:
    """What GET and POST answer to each: a status, or the name of the address that they redirect to.

    A POST is sent with nothing in it: what asks for answers shows the page again with its errors. HEAD is
    answered like GET. No address takes anything else: 405, unless the visitor has to log in first.
    """

    name: str
    arguments: tuple = ()
    visitor: tuple = (LOGIN, LOGIN)
    # A person who is not the owner of the rows.
    other: tuple = (200, 405)
    # Staff without any permission, and a superuser. On people's pages, both are other people.
    staff: tuple = ()
    superuser: tuple = ()
    head: int = 0  # if not like GET

    @property
    def path(self) -> str:
        return self.name if self.name.startswith("/") else reverse(self.name, args=self.arguments)

    def answer_to(self, role: str, method: str):
        get, post = getattr(self, role) or self.other
        if method in {"GET", "HEAD"}:
            return self.head if self.head and method == "HEAD" else get
        return post if method == "POST" else LOGIN if get == LOGIN else 405


ADDRESSES = [
    Address("today", visitor=(200, 405)),
    Address("now", other=(302, 405)),
    Address("worth_it", other=(405, 302)),
    Address("offline", visitor=(200, 405)),
    Address("manifest", visitor=(200, 405)),
    Address("service_worker", visitor=(200, 405)),
    Address("accounts:signup", visitor=(200, 200), other=(302, 302)),
    Address("accounts:login", visitor=(200, 200), other=(302, 302)),
    Address("accounts:logout", visitor=(405, 302), other=(405, 302)),
    Address("accounts:profile", other=(200, 200)),
    Address("accounts:use_zone", other=(405, 302)),
    Address("accounts:pause_notices", other=(405, 302)),
    Address("reminders:feed", other=(200, 200)),
    Address("reminders:feed_off", other=(405, 302)),
    Address("reminders:calendar", ("no-token",), visitor=(404, 405), other=(404, 405)),
    Address("reminders:email_add", other=(405, 302)),
    Address("reminders:email_off", ("no-token",), visitor=(200, 200), other=(200, 200)),
    Address("reminders:reminders", other=(200, 200)),
    Address("reminders:channels"),
    Address("reminders:push_renew", other=(204, 204)),  # Without REMINDER_PUSH_KEY.
    Address("reminders:channel_add", ("push",), other=(405, 404)),  # Without REMINDER_PUSH_KEY.
    Address("reminders:channel_remove", (1,), other=(405, 404)),
    Address("reminders:channel_test", (1,), other=(405, 404)),
    Address("reminders:later", other=(405, 302)),
    Address("reminders:pause", other=(405, 302)),
    Address("reminders:snooze", other=(405, 302)),
    Address("accounts:security", other=(200, 200)),
    Address("accounts:delete", other=(200, 200)),
    Address("accounts:set_password", other=(302, 302)),
    Address("accounts:sessions"),
    Address("accounts:events"),
    Address("accounts:end_sessions", other=(405, 302)),
    Address("accounts:email", other=(302, 302)),
    Address("accounts:email_confirm", ("no-token",), visitor=(200, 200), other=(200, 200)),
    Address("accounts:reset", visitor=(200, 200), other=(200, 200)),
    Address("accounts:reset_by_code", visitor=(200, 200), other=(200, 200)),
    Address("accounts:reset_by_link", ("MQ", "no-token"), visitor=(200, 200), other=(200, 200)),
    Address("accounts:second_factor"),
    # These require reauthentication.
    *(
        Address(f"accounts:{name}", arguments, other=(302, 302))
        for name, arguments in (
            ("app_on", ()),
            ("recovery_codes_new", ()),
            ("passkey_add", ()),
            ("passkey_remove", (1,)),
        )
    ),
    Address("personal_data:overview"),
    Address("personal_data:export", other=(302, 302)),
    Address("personal_data:wipe", other=(302, 302)),
    Address("accounts:app_off", other=(404, 404)),
    Address("accounts:recovery_codes", other=(404, 405)),
    Address("accounts:passkey_login", visitor=(302, 302), other=(302, 302)),
    Address("accounts:code", visitor=(302, 302), other=(302, 302)),
    Address("accounts:confirm", other=(200, 200)),
    Address("accounts:confirm_code", other=(302, 302)),
    Address("accounts:confirm_passkey", other=(302, 302)),
    Address("logs:history"),
    Address("logs:search"),
    Address("logs:day", (DAY,)),
    *(
        Address("logs:check_in", (DAY, stage), other=(200, 302))
        for stage in ("morning", "medication", "midday", "afternoon", "evening")
    ),
    Address("logs:ask_one", other=(405, 302)),
    Address("logs:one_question", (DAY, "overall_mood"), other=(200, 302)),
    Address("logs:catch_up", (DAY,), other=(200, 302)),
    Address("logs:decline_catch_up", (DAY,), other=(405, 302)),
    Address("logs:waiting", visitor=(200, 405)),
    Address("logs:not_tracked_days", other=(200, 200)),
    Address("logs:not_tracked", (DAY,), other=(405, 302)),
    Address("logs:tracked", (DAY,), other=(405, 404)),
    Address("logs:delete", (DAY,), other=(404, 404)),
    Address("logs:undo", (DAY,), other=(405, 404)),
    Address("logs:medications"),
    Address("logs:medication", (1,), other=(404, 404)),
    Address("logs:undo_medication", (1,), other=(405, 404)),
    Address("logs:medication_merge", (1,), other=(404, 404)),
    Address("logs:medication_delete", (1,), other=(404, 404)),
    Address("logs:medication_taken", (1,), other=(405, 404)),
    Address("logs:questions", other=(200, 302)),
    Address("logs:new_question", other=(200, 200)),
    Address("logs:question_gallery", other=(200, 404)),  # Without an entry.
    Address("logs:own_question", (1,), other=(404, 404)),
    Address("insights:trends"),
    Address("insights:trend", ("focus",)),
    Address("insights:trend_csv", ("focus",)),
    Address("insights:changes"),
    Address("insights:change", (DAY,)),
    Address("insights:doses"),
    Address("insights:findings"),
    Address("insights:findings_state"),
    Address("insights:guess", other=(200, 200)),
    Address("insights:compute_findings", other=(405, 302)),
    Address("insights:compute_noise", other=(405, 302)),
    Address("insights:events", other=(200, 200)),
    Address("insights:event", (1,), other=(404, 404)),
    Address("insights:event_delete", (1,), other=(405, 404)),
    Address("insights:undo_event", other=(405, 404)),
    Address("insights:report_preview", (1,), other=(404, 405)),
    Address("insights:report_pdf", (1, "name"), other=(404, 405)),
    Address("insights:report_links", (1,), other=(404, 405)),
    Address("insights:new_report_link", (1,), other=(302, 302)),  # Requires reauthentication.
    Address("insights:end_report_link", (1, 1), other=(405, 404)),
    Address("insights:end_report_links", other=(405, 302)),
    # An address that opens no report. What one that does opens, and to whom: insights/tests/test_shared_report.py.
    Address("insights:shared", ("no-token",), visitor=(404, 404), other=(404, 404)),
    Address("insights:shared_pdf", ("no-token", "name"), visitor=(404, 405), other=(404, 405)),
    Address("insights:words"),
    Address("insights:hidden_days"),
    Address("insights:hide_day", other=(405, 404)),
    Address("insights:show_day", other=(405, 404)),
    Address("insights:year", (YEAR,), other=(200, 200)),
    Address("reflections:list"),
    Address("reflections:other", other=(302, 405)),
    Address("reflections:month", (MONTH,)),
    Address("reflections:year", (YEAR,)),
    Address("reflections:week", (SUNDAY,), other=(200, 302)),
    Address("reflections:delete", (SUNDAY,), other=(404, 404)),
    Address("reflections:undo", (SUNDAY,), other=(405, 404)),
    Address("insights:reports", other=(200, 200)),
    Address("insights:report", (1,), other=(404, 405)),
    Address("insights:report_delete", (1,), other=(404, 404)),
    Address("insights:appointments", other=(200, 200)),
    Address("insights:appointment", (1,), other=(404, 404)),
    Address("insights:appointment_delete", (1,), other=(405, 404)),
    Address("support:help", visitor=(200, 405)),
    Address("support:plan", other=(200, 302)),
    Address("support:undo", other=(405, 404)),
    Address("support:stop_offering", other=(405, 302)),
    Address("privacy", visitor=(200, 405)),
    # Without METRICS_TOKEN.
    Address("metrics", visitor=(404, 405), other=(404, 405)),
]

# With a provider for social login.
ELSEWHERE = [
    Address("accounts:external", other=(302, 302)),  # Requires reauthentication.
    Address("accounts:external_signup", visitor=(302, 302), other=(302, 302)),
    Address("accounts:external_cancelled", visitor=(200, 405)),
    Address("accounts:external_error", other=(401, 405)),
    # allauth treats every method but GET as a submitted form.
    Address("openid_connect_login", ("oidc",), visitor=(200, 302), other=(200, 302), head=302),
    Address("openid_connect_callback", ("oidc",), visitor=(401, 401), other=(401, 401)),
]
if settings.PROVIDERS:
    ADDRESSES += ELSEWHERE

# Answered by a middleware, without a view.
WITHOUT_A_VIEW = [
    Address("/healthz", visitor=(200, 405)),
    Address("/readyz", visitor=(200, 405)),
    Address("/static/images/favicon.svg", visitor=(200, 405)),
]


def in_admin(name, *arguments, staff, superuser, visitor=(LOGIN, LOGIN), other=(ADMIN_LOGIN, ADMIN_LOGIN)) -> Address:
    return Address(f"admin:{name}", arguments, visitor, other, staff, superuser)


def pages_of(table: str, *may: str, saved: int = 200) -> list[Address]:
    """The admin's pages of one table, of which superusers may do with a row what is said, and look.

    An empty form is `saved` where it asks for nothing.
    """
    refused = (403, 403)
    return [
        in_admin(f"{table}_changelist", staff=refused, superuser=(200, 200)),
        in_admin(f"{table}_add", staff=refused, superuser=(200, saved) if "add" in may else refused),
        in_admin(f"{table}_change", ROW, staff=refused, superuser=(200, saved if "change" in may else 403)),
        in_admin(f"{table}_delete", ROW, staff=refused, superuser=(200, 200) if "delete" in may else refused),
        in_admin(f"{table}_history", ROW, staff=refused, superuser=(200, 200)),
    ]


ADMIN = [
    in_admin("index", staff=(200, 200), superuser=(200, 200)),
    in_admin("app_list", "logs", staff=(404, 404), superuser=(200, 200)),
    in_admin("login", visitor=(302, 302), other=(403, 403), staff=(302, 302), superuser=(302, 302)),
    in_admin("logout", visitor=(302, 302), other=(302, 302), staff=(405, 302), superuser=(405, 302)),
    in_admin("password_change", staff=("accounts:security",) * 2, superuser=("accounts:security",) * 2),
    in_admin("password_change_done", staff=(200, 405), superuser=(200, 405)),
    in_admin("jsi18n", staff=(200, 405), superuser=(200, 405)),
    in_admin("autocomplete", staff=(403, 405), superuser=(403, 405)),
    *pages_of("accounts_user", "add", "change", "delete"),
    in_admin("auth_user_password_change", ROW, staff=(403, 403), superuser=(200, 200)),
    *pages_of("accounts_invitation", "add", "change", "delete", saved=302),
    *pages_of("accounts_securityevent"),
    *pages_of("auth_group", "add", "change", "delete"),
    *pages_of("insights_event"),
    *pages_of("logs_dailylog"),
    *pages_of("logs_dose"),
    *pages_of("logs_medication"),
    *pages_of("logs_ownquestion"),
    *pages_of("operations_databasereport"),
    in_admin("operations_databasereport_now", staff=(403, 403), superuser=(200, 200)),
    *pages_of("reflections_weeklyreflection"),
    *pages_of("support_helpline", "add", "change", "delete"),
    # All else under /admin/.
    Address("/admin/nowhere/", (), (LOGIN, LOGIN), (ADMIN_LOGIN, ADMIN_LOGIN), (404, 404), (404, 404)),
]


def addresses_of() -> list[tuple[str, URLPattern]]:
    """Every URL of the project with its full name: the first name, if a URL has several."""
    found = {}
    for address, name, pattern in patterns_of(get_resolver()):
        found.setdefault(address, (name, pattern))
    return list(found.values())


def patterns_of(resolver, address="", prefix=()):
    for pattern in resolver.url_patterns:
        here = address + str(pattern.pattern)
        if isinstance(pattern, URLPattern):
            yield here, ":".join((*prefix, pattern.name or "?")), pattern
        else:
            yield from patterns_of(pattern, here, (*prefix, pattern.namespace) if pattern.namespace else prefix)
