"""The manifest, the service worker, the offline page, and the address of the check-in that suits the hour."""

import datetime
import json
import math
import re
from pathlib import Path

import pytest
import time_machine
from django.core.management import call_command
from django.test import Client
from django.urls import reverse
from pytest_django.asserts import assertContains, assertNotContains, assertRedirects

from accounts.models import User
from accounts.tests.factories import make_person
from brainlog.static_files import StaticFilesStorage
from brainlog.templatetags import icon, script
from home import installable
from logs.models import DailyLog
from logs.stages import STAGES
from logs.tests.factories import make_full_log

pytestmark = [pytest.mark.once, pytest.mark.django_db]


@pytest.fixture(autouse=True)
def new_worker():
    """A worker is made once a process, and so are the elements of scripts and icons."""
    made_once = (installable.known_worker, script.known_element_of, icon.known_element_of)
    for each in made_once:
        each.cache_clear()
    yield
    for each in made_once:
        each.cache_clear()


@pytest.fixture
def collected(settings, tmp_path, monkeypatch):
    """Static files as in production, but not compressed, which takes seconds. Returns the folder."""
    settings.STATIC_ROOT = tmp_path
    settings.WHITENOISE_SKIP_COMPRESS_EXTENSIONS = ["css", "js", "svg"]
    storages = dict(settings.STORAGES)
    storages["staticfiles"] = {"BACKEND": "brainlog.static_files.StaticFilesStorage"}
    settings.STORAGES = storages
    call_command("collectstatic", interactive=False, verbosity=0)
    monkeypatch.setattr("brainlog.integrity.staticfiles_storage", StaticFilesStorage())
    return tmp_path


def manifest() -> dict:
    return json.loads(Client().get("/manifest.webmanifest").content)


def release() -> dict:
    """What the worker is made for."""
    return json.loads(re.match(r"const RELEASE = (.*);\n", Client().get("/sw.js").content.decode())[1])


def test_the_manifest_leads_to_pages_that_exist(client, person):
    content = manifest()

    assert content["name"] == "Brain Log"
    assert (content["display"], content["scope"], content["id"]) == ("standalone", "/", "/")
    client.force_login(person)
    addresses = [content["start_url"], *(shortcut["url"] for shortcut in content["shortcuts"])]
    assert [client.get(address, follow=True).status_code for address in addresses] == [200] * len(addresses)
    assert {icon["purpose"] for icon in content["icons"]} == {"any", "maskable"}


def test_icons_and_kept_files_have_the_names_of_collectstatic(collected):
    addresses = [*(icon["src"] for icon in manifest()["icons"]), *release()["files"], release()["icon"]]

    assert len(addresses) == len(installable.ICONS) + len(installable.FILES) + 1
    for address in addresses:
        assert re.search(r"\.[0-9a-f]{12}\.", address)
        assert (collected / address.removeprefix("/static/")).exists()


def test_the_offline_page_needs_only_files_that_the_worker_keeps(collected, client):
    text = client.get("/offline/").content.decode()

    used = set(re.findall(r'(?:href|src)="(/static/[^"#]+)', text))
    assert {each for each in used if "touch-icon" not in each} == set(release()["files"])


def test_the_worker_changes_with_each_file_that_it_keeps_and_with_its_own(monkeypatch):
    versions = [release()["version"]]
    assert release()["version"] == versions[0]
    changes = {
        "read_integrity": lambda name: "another",
        "render_to_string": lambda name: "another page",
        "source_of": lambda parts: "another source",
    }
    for name, value in changes.items():
        with monkeypatch.context() as patch:
            patch.setattr(installable, name, value)
            installable.known_worker.cache_clear()
            versions.append(release()["version"])
        installable.known_worker.cache_clear()

    assert len(set(versions)) == len(versions)
    assert release()["version"] == versions[0]


def test_the_worker_is_never_kept_or_redirected(client, person, settings):
    settings.SECOND_FACTOR = "everybody"
    client.force_login(person)

    for answer in (Client().get("/sw.js"), client.get("/sw.js")):
        assert answer.status_code == 200
        assert answer["Content-Type"] == "text/javascript; charset=utf-8"
        assert answer["Cache-Control"] == "no-store"
        assert "connect-src 'self'" in answer["Content-Security-Policy"], "Without it, it fetches nothing."


def test_each_part_of_the_worker_is_sent():
    folder = Path(installable.settings.BASE_DIR) / "static" / "worker"

    assert {path.stem for path in folder.iterdir()} == {*installable.WORKER, "off"}
    text = Client().get("/sw.js").content.decode()
    assert all((folder / f"{part}.js").read_text() in text for part in installable.WORKER)


def test_switched_off_it_removes_itself_and_pages_do_not_register_it(client, person, settings):
    client.force_login(person)
    assertContains(client.get("/"), "data-worker")

    settings.SERVICE_WORKER = False

    text = client.get("/sw.js").content.decode()
    assert "registration.unregister()" in text and "caches.delete" in text and "fetch" not in text
    assertNotContains(client.get("/"), "data-worker")


def test_visitors_register_no_worker(client):
    assertNotContains(client.get("/"), "data-worker")


def test_the_offline_page_is_the_same_for_all_people(client, person):
    client.force_login(person)

    texts = {browser.get("/offline/").content for browser in (client, Client())}

    assert len(texts) == 1
    assert person.username.encode() not in texts.pop()


def paper_of_css() -> list[str]:
    """The colours that the style sheet has for the paper of the light and the dark theme, as `#rrggbb`."""
    tokens = (Path(installable.settings.BASE_DIR) / "static" / "css" / "tokens.css").read_text()
    number = r"([\d.]+)"
    pair = ", ".join([rf"oklch\({number}% {number} {number}\)"] * 2)
    values = list(map(float, re.search(rf"--paper: light-dark\({pair}\);", tokens).groups()))
    return [rgb_of_oklch(*values[:3]), rgb_of_oklch(*values[3:])]


def rgb_of_oklch(lightness: float, chroma: float, hue: float) -> str:
    """By the matrices of CSS Color 4, from OKLCH to linear sRGB, and its transfer function."""
    a, b = chroma * math.cos(math.radians(hue)), chroma * math.sin(math.radians(hue))
    cone = [
        (lightness / 100 + 0.3963377774 * a + 0.2158037573 * b) ** 3,
        (lightness / 100 - 0.1055613458 * a - 0.0638541728 * b) ** 3,
        (lightness / 100 - 0.0894841775 * a - 1.2914855480 * b) ** 3,
    ]
    rows = (
        (4.0767416621, -3.3077115913, 0.2309699292),
        (-1.2684380046, 2.6097574011, -0.3413193965),
        (-0.0041960863, -0.7034186147, 1.7076147010),
    )
    linear = [sum(factor * value for factor, value in zip(row, cone, strict=True)) for row in rows]
    encoded = [12.92 * each if each <= 0.0031308 else 1.055 * each ** (1 / 2.4) - 0.055 for each in linear]
    return "#" + "".join(f"{round(255 * each):02x}" for each in encoded)


def test_the_colours_of_manifest_and_themes_are_those_of_the_style_sheet():
    assert paper_of_css() == [installable.PAPER, installable.PAPER_DARK]

    content = manifest()
    assert content["theme_color"] == content["background_color"] == installable.PAPER


@pytest.mark.parametrize("theme", ["light", "dark", "system"])
def test_the_colour_of_the_browser_follows_the_theme_of_the_person(client, theme):
    client.force_login(make_person(theme=theme))
    light, dark = paper_of_css()

    named = re.findall(r'<meta name="theme-color" content="([^"]+)"([^>]*)>', client.get("/").content.decode())

    media = ' media="(prefers-color-scheme: {})"'.format
    of_system = [(light, media("light")), (dark, media("dark"))]
    assert named == {"light": [(light, "")], "dark": [(dark, "")], "system": of_system}[theme]


def test_nothing_is_offered_while_hints_are_paused(client, person):
    client.force_login(person)
    assertContains(client.get("/"), "data-install ")

    User.objects.filter(pk=person.pk).update(notices_paused_until=User.FOR_GOOD)

    assertNotContains(client.get("/"), "data-install ")


def test_nothing_is_offered_on_a_day_of_one_question(client, person):
    client.force_login(person)
    offers = ("data-install ", "Shall we remind you?")
    for each in offers:
        assertContains(client.get("/"), each)

    client.post(reverse("logs:ask_one"), {"asks": "one"})

    for each in offers:
        assertNotContains(client.get("/"), each)


# The check-in of the hour

DAY = datetime.date(2026, 5, 4)


def at(hour: int):
    return time_machine.travel(datetime.datetime(2026, 5, 4, hour, 30, tzinfo=datetime.UTC), tick=False)


@pytest.mark.parametrize(("hour", "stage"), [(8, "morning"), (12, "midday"), (16, "afternoon"), (21, "evening")])
def test_the_shortcut_leads_to_the_check_in_that_suits_the_hour(client, hour, stage):
    client.force_login(make_person(timezone="UTC"))

    with at(hour):
        assertRedirects(client.get("/now/"), f"/logs/{DAY}/{stage}/?for=today")

    assert not DailyLog.objects.exists()


def test_it_leads_to_the_next_one_that_is_not_done(client):
    person = make_person(timezone="UTC")
    client.force_login(person)
    with at(12):
        log = make_full_log(person, DAY)
        assertRedirects(client.get("/now/"), "/")
        DailyLog.objects.filter(pk=log.pk).update(evening_completed_at=None)
        assertRedirects(client.get("/now/"), f"/logs/{DAY}/evening/?for=today")


def test_it_leads_to_today_without_check_ins(client):
    client.force_login(make_person(timezone="UTC"))
    with at(12):
        for stage in STAGES[:-1]:
            client.post(reverse("logs:questions"), {stage.slug: "off"})
        assertRedirects(client.get("/now/"), f"/logs/{DAY}/evening/?for=today")
        client.post(reverse("logs:questions"), {"evening": "off"})
        assertRedirects(client.get("/now/"), "/")


def test_it_leads_to_today_on_a_day_of_one_question(client):
    client.force_login(make_person(timezone="UTC", one_question_on=DAY))

    with at(12):
        assertRedirects(client.get("/now/"), "/")


def test_it_takes_one_query_besides_the_session(client, person, django_assert_num_queries):
    client.force_login(person)
    client.get("/now/")

    with django_assert_num_queries(2):
        client.get("/now/")


def test_a_visitor_logs_in_first(client):
    assertRedirects(client.get("/now/"), "/accounts/login/?next=/now/")
