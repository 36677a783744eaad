"""Whatever follows the question mark of any address: an answer in our design, and nothing written."""

import re
from pathlib import Path
from urllib.parse import parse_qsl, quote_from_bytes, urlsplit

import pytest
from django.contrib import admin
from django.core.cache import cache
from django.db.models import Model
from django.urls import reverse
from hypothesis import HealthCheck, given, settings, strategies as st

from brainlog.tests.attack.checks import RECORDS
from brainlog.tests.attack.inputs import anything, text
from brainlog.tests.attack.rows import SECRET
from brainlog.tests.attack.world import World, everything, name_of, undone

pytestmark = pytest.mark.django_db

PROJECT = Path(__file__).parents[3]
APPS = ("accounts", "brainlog", "logs", "operations", "reflections")


any_query = settings(suppress_health_check=[*HealthCheck], max_examples=settings().max_examples // 20)

# What Django, its admin and allauth read.
KNOWN = {"next", "q", "o", "p", "e", "all", "_popup", "_to_field", "_changelist_filters", "_facets", "process", "scope"}
KNOWN |= {"term", "app_label", "model_name", "field_name", "lang", "format"}

LOOKUPS = ["exact", "iexact", "in", "gt", "gte", "lt", "range", "isnull", "isempty", "contains", "startswith", "regex"]
LOOKUPS += ["year", "month", "day", "date", "pk"]
LOOKUPS += ["id__exact", "username", "password__startswith", "user__password__contains"]

PAGES, DAYS = ["1", "0", "-1", "99999999999999999999", "1.2", "-1.-2"], ["2026", "2026-05", "2026-05-04", "10000"]
likely = st.sampled_from([*PAGES, *DAYS, "True", "ill", "owner", "id"]).map(str.encode)
values = likely | anything


def names_in_the_code() -> set[str]:
    """What our own code reads of a query, and what links on our pages say."""
    files = [path for app in APPS for path in (PROJECT / app).rglob("*.py") if "tests" not in path.parts]
    return {
        name for path in files for name in re.findall(r"""\bGET(?:\.get\(|\[|\.getlist\()["'](\w+)""", path.read_text())
    }


def names_in_links(world: World) -> set[str]:
    links = [link for page in world.pages for link in re.findall(r'(?:href|action)="([^"]*\?[^"]*)"', page.html)]
    return {name for link in links for name, _value in parse_qsl(urlsplit(link.replace("&amp;", "&")).query)}


def lookups_of(model: type[Model]) -> list[str]:
    """Every column of a table and what it leads to, with every lookup."""
    names = [field.name for field in model._meta.get_fields()]
    return sorted({*names, *(f"{name}__{lookup}" for name in names for lookup in LOOKUPS)})


def ask(world: World, who: str, path: str, sent: list[tuple[str, bytes]]):
    cache.clear()
    query = "&".join(f"{quote_from_bytes(name.encode())}={quote_from_bytes(value)}" for name, value in sent)
    with undone():
        response = world.browser(who).get(f"{path}?{query}")
        after = everything()
    assert response.status_code in {200, 302, 400, 403, 404, 405}
    assert {name for name in after if after[name] != world.start[name]} <= RECORDS
    there = urlsplit(response.headers.get("Location", "/"))
    assert there.netloc == "" and re.match(r"/(?![/\\])|\?|$", there.path), there
    if not path.startswith("/admin/"):
        assert SECRET not in response.content.decode()
        assert (
            response.status_code == 302
            or "json" in response["Content-Type"]
            or "Brain Log</title>" in response.content.decode()
        )


def test_the_names_are_found(world):
    assert {"page", "month", "day", "invitation"} <= names_in_the_code()
    assert "month" in names_in_links(world)


def test_any_query_of_a_page(world):
    pages = sorted(
        {(page.who, urlsplit(page.path).path) for page in world.pages if not page.path.startswith("/admin/")}
    )
    of_one_kind = {(who, name_of(path)): (who, path) for who, path in pages}
    names = st.sampled_from(sorted(KNOWN | names_in_the_code() | names_in_links(world))) | text

    @any_query
    @given(page=st.sampled_from(sorted(of_one_kind.values())), sent=st.lists(st.tuples(names, values), max_size=4))
    def test(page, sent):
        ask(world, *page, sent)

    test()


@pytest.mark.parametrize("model", admin.site._registry, ids=lambda model: model._meta.model_name)
def test_any_query_of_a_list_in_the_admin(world, model):
    path = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
    names = st.sampled_from(lookups_of(model)) | st.sampled_from(sorted(KNOWN))

    @any_query
    @given(sent=st.lists(st.tuples(names, values), min_size=1, max_size=3))
    def test(sent):
        ask(world, "staff", path, sent)

    test()
