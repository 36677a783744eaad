"""Fuzzing of all forms: no server error, no lost or invented answers, no changes of other people's rows."""

from http.cookies import SimpleCookie

import pytest
from django.core.cache import caches
from hypothesis import given, strategies as st

from brainlog.tests.addresses import ADDRESSES
from brainlog.tests.attack.checks import Attack
from brainlog.tests.attack.inputs import (
    ENCODINGS,
    MARKS,
    SUBSCRIPTIONS,
    Sent,
    as_received,
    examples,
    filled_in,
)
from brainlog.tests.attack.world import Found, World, all_rows, browser_with, name_of
from testing.rollback import rolled_back

pytestmark = MARKS

TAKES_FORMS = sorted({name_of(address.path) for address in ADDRESSES if address.other[1] != 405})


def right_for(world: World) -> dict[str, list[str]]:
    """Valid values that only exist in this world: codes, tokens and keys."""
    return {
        "code": [world.code_of("owner"), world.code_of("newcomer"), *world.recovery_codes[:1], "１２３４５６", "é"],
        "session": [world.handle_of("owner"), world.handle_of("other")],
        "envelope": [world.envelope_of("owner"), world.envelope_of("other")],
        "credential": [],
    }


def attack(world: World, found: Found, cookies: SimpleCookie, before: dict[str, dict], sent: Sent, encoding: str):
    """Send a form, check the invariants of the response and the database, and roll everything back."""
    caches["summaries"].clear()
    with rolled_back():
        response = browser_with(cookies).post(found.form.action, ENCODINGS[encoding](sent), content_type=encoding)
        Attack(world, found, as_received(sent), response, before, all_rows()).check()


@pytest.mark.parametrize("name", TAKES_FORMS)
def test_any_answers_to_a_form(world, name):
    forms = [found for found in world.forms.values() if found.name == name]
    assert forms, "No page shows a form for this address: show the attackers one."
    for found in forms:
        attack_with_anything(world, found)


def test_the_other_person_has_rows_of_every_kind(world):
    tables = {table for table, keys in world.of_other_person.items() if keys}

    assert tables >= {"accounts_user", "accounts_session", "accounts_securityevent", "account_emailaddress"}
    assert tables >= {"logs_dailylog", "logs_medication", "logs_dose", "reflections_weeklyreflection"}
    assert tables >= {"logs_ownquestion", "logs_ownanswer", "reflections_ownweeklyanswer", "logs_questionset"}
    assert tables >= {"insights_appointment", "insights_event", "insights_hiddenday", "insights_report"}
    assert tables >= {"insights_computation", "insights_keptfinding", "insights_guess"}
    assert tables >= {"insights_reportlink", "insights_reportopening", "support_supportplan"}


def test_what_scripts_send_is_accepted(world):
    """The attackers would find nothing where all is refused."""
    [found] = [found for found in world.forms.values() if found.name == "reminders:push_renew"]
    with rolled_back():
        response = world.send(found, [("push-subscription", SUBSCRIPTIONS[1])], world.open(found))

    assert response.json() == {"renewed": True}


def test_any_answers_to_a_form_of_the_admin(world):
    forms = [found for found in world.forms.values() if found.is_admin]
    assert {found.name for found in forms} >= {
        f"admin:accounts_{name}" for name in ("user_add", "user_change", "user_changelist", "invitation_add")
    }
    for found in forms:
        attack_with_anything(world, found)


def attack_with_anything(world: World, found: Found):
    answers = filled_in(found.form, right_for(world))
    with rolled_back():
        cookies, before = world.open(found).cookies, all_rows()

        @examples(len(found.form.fields))
        @given(sent=answers, encoding=st.sampled_from(sorted(ENCODINGS)))
        def test(sent, encoding):
            attack(world, found, cookies, before, sent, encoding)

        test()
