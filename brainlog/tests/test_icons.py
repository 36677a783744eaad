"""The template tag `icon`, and that each icon it is asked for is in the sprite."""

import re

import pytest
from django.template import Context, Template, TemplateSyntaxError
from django.test import override_settings

from brainlog.templatetags.icon import symbols
from logs.stages import STAGES

pytestmark = pytest.mark.once


def rendered(source: str, **context) -> str:
    return Template(source).render(Context(context))


def test_an_icon_is_hidden_from_screen_readers():
    expected = '<svg class="icon" aria-hidden="true"><use href="/static/vendor/lucide/icons.svg#home"/></svg>'

    assert rendered('{% icon "home" %}') == expected
    assert rendered("{% icon name %}", name="home") == expected


def test_an_icon_can_have_a_class_of_its_own():
    assert rendered('{% icon "done" classes="mark" %}').startswith('<svg class="icon mark" aria-hidden="true">')


def test_another_address_of_static_files_is_used_at_once():
    assert "/static/vendor/" in rendered('{% icon "home" %}')

    with override_settings(STATIC_URL="/elsewhere/"):
        assert 'href="/elsewhere/vendor/lucide/icons.svg#home"' in rendered('{% icon "home" %}')


def test_a_name_from_a_variable_is_escaped():
    assert '#&quot;&gt;&lt;b&gt;"' in rendered("{% icon name %}", name='"><b>')


def test_an_unknown_name_is_an_error_while_developing(settings):
    settings.DEBUG = True

    with pytest.raises(TemplateSyntaxError, match="icons.svg has no icon 'hose', only after, "):
        rendered('{% icon "hose" %}')


def test_templates_use_the_icons_of_the_sprite_and_no_others(settings):
    sources = "\n".join(path.read_text() for path in (settings.BASE_DIR / "templates").rglob("*.html"))
    named = set(re.findall(r"""{% icon ["'](.*?)["']""", sources))
    variables = set(re.findall(r"""{% icon ([^"' ]+)""", sources))

    assert named | {stage.slug for stage in STAGES} == symbols()
    # Other places that name icons have to be added above.
    assert variables == {"step.slug"}
    # Without the tag, a missing aria-hidden or a missing icon would not be noticed.
    assert "icons.svg" not in sources
