"""Generated form data: the values as shown, some of them replaced by arbitrary ones."""

import json
from urllib.parse import quote, quote_from_bytes

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from django.apps import apps
from hypothesis import HealthCheck, settings, strategies as st

from accounts.tests.codes import new_credential
from accounts.tests.factories import PASSWORD
from brainlog.tests.attack.texts import HOSTILE
from reminders.tests.push_service import Browser
from testing.forms import Field, Form

# Names that are no fields of the form: columns, keys, and parameters of lists and formsets.
STRANGE_NAMES = sorted(
    {column.name for model in apps.get_models() for column in model._meta.concrete_fields}
    | {f"{prefix}-{what}_FORMS" for prefix in ("doses", "form") for what in ("TOTAL", "INITIAL", "MIN_NUM", "MAX_NUM")}
    | {f"doses-{n}-{name}" for n in (0, 1, 6, 11, 12, 99) for name in ("medication", "amount", "id", "DELETE", "ORDER")}
    | {"keep-dreams", "keep-doses", "keep-week_rating", "version", "seen", "next", "add_dose", "take", "now"}
    | {"today", "meant", "from", "for"}
    | {"own-1", "own-1-2", "own-1-not-noticed", "own-1000", "own-x", "asked-names", "remove"}
    | {"up", "down", "reset", "evening", "asked", "choices", "entry", "confirm"}
    | {"pk", "user_id", "person_id", "envelope", "session", "invitation", "csrfmiddlewaretoken", "_method"}
    | {"action", "index", "post", "_save", "_saveasnew", "_popup", "_to_field"}
)

NUMBERS = ["0", "-1", "1", "5", "1000", "2147483648", "9223372036854775808", "9" * 400, "9" * 5000, "-" + "9" * 30]
NUMBERS += ["1e309", "1E400000000", "nan", "inf", "-0", "0x10", "1_000", "1.5", "1,5", " 5 ", "+5", "5\0", "٣", "１"]
DATES = ["2026-05-04", "2026-02-30", "0000-00-00", "9999-12-31", "10000-01-01", "24:00", "08:15", "25:61", "08:15:59.9"]
WORDS = ["", " ", "\0", "\n", "\r\n", "true", "false", "on", "null", "[]", "{}", "mine", "saved", "ill", "mg", "Tea"]
CHARACTERS = ["\ufffd", "a\0b", "\u202eabc", "\u2028", "e\u0301", "\U0010ffff", "👩\u200d👧", "\u200b", "\x1b[31m"]
CHARACTERS += ["\ufdfa" * 100, "ß" * 150, "İ" * 100, "\u0390" * 150, "x" * 101, "x" * 201, "x" * 5000, "a\r\nX: b"]
ADDRESSES = [
    "//evil.example",
    "///evil.example",
    "https://evil.example",
    "https:evil.example",
    "\thttps://evil.example",
]
ADDRESSES += ["/\\evil.example", "javascript:alert(1)", "http://[", "/logs/\r\nX: y", "/%0d%0aX:y", "/accounts/login/"]
ADDRESSES += ["/" * 3000, "/x" * 2000]
JSON = [
    "[" * 20_000,
    '{"a":' * 10_000,
    "1" * 5000,
    '"\\ud800"',
    "NaN",
    "[1,",
    '{"id": 1}',
    json.dumps(new_credential()),
]
# Of push services that are allowed, and of one that is not.
SUBSCRIPTIONS = [
    json.dumps(Browser(ec.derive_private_key(1, ec.SECP256R1()), bytes(16)).subscription(f"https://{host}/send/x"))
    for host in ("fcm.googleapis.com", "web.push.apple.com", "127.0.0.1")
]
NASTY = [*NUMBERS, *DATES, *WORDS, *CHARACTERS, *ADDRESSES, *JSON, *HOSTILE]

# Surrogates, and bytes that are not UTF-8.
BROKEN = [b"\xed\xa0\x80", b"a\xff", b"\xf0\x9f\x98", b"\xc0\xaf", b"\xfe\xff\x00a", b"\x80"]

# Values that some forms accept.
RIGHT = {
    "password": [PASSWORD],
    "old_password": [PASSWORD],
    **{name: ["x1y2z3-abc"] for name in ("password1", "password2", "new_password1", "new_password2")},
    "username": ["owner", "newname", "Ｏwner", "OWNER", "newcomer", "ΐ" * 150],
    "timezone": ["Europe/Berlin", "europe/berlin", "../../etc/passwd", "UTC"],
    "email": ["a@example.org", "secret@example.org", "a@exämple.org", "a@b", '"a b"@example.org', "a@b.org\nBcc: b@c"],
    "amount": ["36", "0.001", "99999.999"],
    "medication": ["Tea", "tea ", "TEA"],
    "credential": JSON,
    "subscription": SUBSCRIPTIONS,
    "sleep_hours": ["7.5", "7:30", "24"],
    "action": ["delete_selected", "make_reset_link", "switch_off_second_factor"],
    **{name: ["own-2", "own-1000", "focus_level", "lunch"] for name in ("up", "down")},
    **{name: ["0", "-5", "10", "2.5", "1e400", "0.0001"] for name in ("least", "most", "step")},
    "choices": ["tea\ncoffee", "tea\nTEA", "tea", "\n".join(map(str, range(13))), "x" * 61 + "\nb"],
    "check_in": ["morning", "week", "night"],
    **{name: ["9223372036854775808", "x", "1"] for name in ("groups", "permissions", "user_permissions")},
    "_selected_action": ["1", "abc", "99999999999999999999", "\0", "1000"],
}

text = st.text(st.characters(exclude_categories=["Cs"]), max_size=60)
anything = st.one_of(
    st.sampled_from(NASTY).map(str.encode),
    text.map(str.encode),
    st.sampled_from(BROKEN),
    st.binary(max_size=12),
)

Sent = list[tuple[str, bytes]]


def examples(distinct: int) -> settings:
    """Settings for a test of `distinct` inputs: few distinct ones soon repeat themselves.

    There are many forms and lists. Each gets a fortieth of the profile's examples on each of two databases, which try
    other ones (see conftest.py); with fewer than eight inputs down to a third of that.
    """
    most = settings().max_examples // 40
    return settings(suppress_health_check=[*HealthCheck], max_examples=max(3, min(most, most * (2 + distinct) // 10)))


# `make attack` chooses the tests of hypothesis, to which it tries many examples. The few of the suite need not run on
# both databases.
MARKS = [pytest.mark.django_db, pytest.mark.hypothesis, *([pytest.mark.once] if settings().max_examples <= 100 else [])]


def values_for(field: Field, right: dict[str, list[str]]) -> st.SearchStrategy[list[bytes]]:
    """Values for one field: mostly valid choices, sometimes none or several."""
    base = field.name.rpartition("-")[2]
    likely = [*field.options, *right.get(base, []), *RIGHT.get(base, [])]
    choices = [st.sampled_from(likely).map(str.encode)] * 3 if likely else []
    one = st.one_of(*choices, anything, anything)
    shown = st.just([value.encode() for value in field.shown] if field.kind != "submit" else [])
    return st.one_of(shown, shown, one.map(lambda value: [value]), st.just([]), st.lists(one, min_size=2, max_size=3))


@st.composite
def filled_in(draw, form: Form, right: dict[str, list[str]]) -> Sent:
    """The form's fields in any order, some of them changed, and possibly unknown names."""
    touched = draw(st.one_of(st.sets(st.sampled_from(sorted(form.fields)), max_size=3), st.just({*form.fields})))
    sent = []
    for name, field in form.fields.items():
        likely = right.get(name, []) + RIGHT.get(name, [])
        if name in touched:
            sent += [(name, value) for value in draw(values_for(field, right))]
        elif field.kind != "submit":
            values = field.shown if any(field.shown) else likely[:1] or field.shown
            sent += [(name, value.encode()) for value in values]
    strange = st.tuples(st.one_of(st.sampled_from(STRANGE_NAMES), text), anything)
    sent += draw(st.one_of(st.just([]), st.lists(strange, max_size=4)))
    return draw(st.permutations(sent)) if draw(st.booleans()) else sent


def as_urlencoded(sent: Sent) -> bytes:
    pairs = [(quote_from_bytes(name.encode()), quote_from_bytes(value)) for name, value in sent]
    return "&".join(f"{name}={value}" for name, value in pairs).encode()


def as_multipart(sent: Sent) -> bytes:
    part = b'--between-two-parts\r\nContent-Disposition: form-data; name="%s"\r\n\r\n%s\r\n'
    parts = [part % (quote(name).encode(), value) for name, value in sent]
    return b"".join(parts) + b"--between-two-parts--\r\n"


ENCODINGS = {
    "application/x-www-form-urlencoded": as_urlencoded,
    "multipart/form-data; boundary=between-two-parts": as_multipart,
}


def as_received(sent: Sent) -> dict[str, list[str]]:
    """The text as a server decodes it: with broken characters replaced."""
    received: dict[str, list[str]] = {}
    for name, value in sent:
        received.setdefault(name, []).append(value.decode(errors="replace"))
    return received
