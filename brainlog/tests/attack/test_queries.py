"""Fuzzing of all query strings: no server error, and no writes."""

import re
from pathlib import Path
from urllib.parse import parse_qsl, quote_from_bytes, urlsplit

import pytest
from django.apps import apps
from django.contrib import admin
from django.core.cache import caches
from django.db.models import Model
from django.urls import reverse
from hypothesis import given, settings, strategies as st

from brainlog.tests.attack.checks import RECORDS
from brainlog.tests.attack.inputs import MARKS, anything, examples, text
from brainlog.tests.attack.rows import SECRET
from brainlog.tests.attack.world import World, all_rows, html_of, name_of
from testing.rollback import rolled_back

pytestmark = MARKS

PROJECT = Path(__file__).parents[3]

# Parameters of Django, its admin and allauth.
KNOWN = {"next", "q", "o", "p", "e", "all", "_popup", "_to_field", "_changelist_filters", "_facets", "process", "scope"}
KNOWN |= {"before", "from", "to", "check_in", "answered", "measured", "least", "most", "in_month", "year"}
KNOWN |= {"term", "app_label", "model_name", "field_name", "lang", "format"}

LOOKUPS = ["exact", "iexact", "in", "gt", "gte", "lt", "range", "isnull", "isempty", "contains", "startswith", "regex"]
LOOKUPS += [
    "year",
    "month",
    "day",
    "date",
    "pk",
    "id__exact",
    "username",
    "password__startswith",
    "user__password__contains",
]

PAGES, DAYS = ["1", "0", "-1", "99999999999999999999", "1.2", "-1.-2"], ["2026", "2026-05", "2026-05-04", "10000"]
likely = st.sampled_from([*PAGES, *DAYS, "True", "ill", "owner", "id"]).map(str.encode)
values = likely | anything


def names_in_the_code() -> set[str]:
    """The parameters that our code reads."""
    ours = [
        PROJECT / "brainlog",
        *(Path(app.path) for app in apps.get_app_configs() if Path(app.path).parent == PROJECT),
    ]
    files = [path for app in ours for path in app.rglob("*.py") if "tests" not in path.relative_to(PROJECT).parts]
    code = "\n".join(path.read_text() for path in files)
    return set(re.findall(r"""\bGET(?:\.get\(|\[|\.getlist\()["'](\w+)""", code))


def names_in_links(world: World) -> set[str]:
    links = [link for page in world.pages for link in re.findall(r'(?:href|action)="([^"]*\?[^"]*)"', page.html)]
    return {name for link in links for name, _value in parse_qsl(urlsplit(link.replace("&amp;", "&")).query)}


def lookups_of(model: type[Model]) -> list[str]:
    """All columns and relations of a table, with all lookups."""
    names = [field.name for field in model._meta.get_fields()]
    return sorted({*names, *(f"{name}__{lookup}" for name in names for lookup in LOOKUPS)})


def ask(world: World, who: str, path: str, sent: list[tuple[str, bytes]]):
    caches["summaries"].clear()
    query = "&".join(f"{quote_from_bytes(name.encode())}={quote_from_bytes(value)}" for name, value in sent)
    with rolled_back():
        response = world.browser(who).get(f"{path}?{query}")
        after = all_rows()
    assert response.status_code in {200, 302, 400, 403, 404, 405}
    assert {name for name in after if after[name] != world.start[name]} <= RECORDS
    there = urlsplit(response.headers.get("Location", "/"))
    assert there.netloc == "" and re.match(r"/(?![/\\])|\?|$", there.path), there
    html = html_of(response)
    if html and response.status_code != 302 and not path.startswith("/admin/"):
        assert SECRET not in html and "Brain Log</title>" in html


def test_the_names_are_found(world):
    assert {"page", "month", "day", "invitation"} <= names_in_the_code()
    assert "month" in names_in_links(world)


def test_any_query_of_a_page(world):
    ours = [page for page in world.pages if not page.path.startswith("/admin/")]
    of_one_kind = {(page.who, name_of(page.path)): (page.who, page.path) for page in ours}
    names = st.sampled_from(sorted(KNOWN | names_in_the_code() | names_in_links(world))) | text

    @settings(examples(8), max_examples=settings().max_examples // 20)  # There are many pages.
    @given(page=st.sampled_from(sorted(of_one_kind.values())), sent=st.lists(st.tuples(names, values), max_size=4))
    def test(page, sent):
        ask(world, *page, sent)

    test()


@pytest.mark.parametrize("model", admin.site._registry, ids=lambda model: model._meta.model_name)
def test_any_query_of_a_list_in_the_admin(world, model):
    path = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
    names = st.sampled_from(lookups_of(model)) | st.sampled_from(sorted(KNOWN))

    @examples(8)
    @given(sent=st.lists(st.tuples(names, values), min_size=1, max_size=3))
    def test(sent):
        ask(world, "staff", path, sent)

    test()
