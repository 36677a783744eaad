"""Words in texts, whatever their case and accents: against an implementation that compares letter by letter."""

import unicodedata

import pytest
from hypothesis import given, strategies as st

from brainlog.forms import INVISIBLE
from logs.folding import ALIKE, FIRST_ACCENT, Folds, fold, snippet, spans_of, words_in

pytestmark = pytest.mark.once

texts = st.text("aAeEßéİıﬁ ﬀæe\u0301\u0327'’\u00ad\n", max_size=30) | st.text(
    st.characters(exclude_categories=["Cs"]), max_size=60
)


def marked(text: str, *words: str) -> list[str]:
    return [text[start:end] for start, end in spans_of(text, words_in(" ".join(words)))]


@pytest.mark.parametrize(
    ("text", "word", "found"),
    [
        ("Straße und STRASSE", "strasse", ["Straße", "STRASSE"]),
        ("Straße", "ß", ["ß"]),
        ("Gruß", "s", ["ß"]),
        ("İstanbul, ISTANBUL, ıstanbul", "istanbul", ["İstanbul", "ISTANBUL", "ıstanbul"]),
        ("Cafe\u0301 und Café", "cafe", ["Cafe\u0301", "Café"]),
        ("Cafe\u0301s", "café", ["Cafe\u0301"]),
        ("\u0301e\u0301\u0327x", "e", ["e\u0301\u0327"]),
        ("Der Oﬃzier", "offi", ["Oﬃ"]),
        ("ﬁn", "i", ["ﬁ"]),
        ("Œuvre, smørrebrød, Łódź", "oeuvre smorrebrod lodz", ["Œuvre", "smørrebrød", "Łódź"]),
        ("ΟΔΟΣ, οδός", "οδος", ["ΟΔΟΣ", "οδός"]),
        ("don’t", "don't", ["don’t"]),
        ("Kopf\u00adschmerz", "kopfschmerz", ["Kopf\u00adschmerz"]),
        ("banana", "ana", ["anana"]),
        ("ＦＵＬＬ", "full", ["ＦＵＬＬ"]),
        ("💥 boom", "💥", ["💥"]),
        ("が", "か", ["が"]),
        ("שָׁלוֹם", "שלום", ["שָׁלוֹם"]),
    ],
)
def test_the_right_characters_are_marked(text, word, found):
    assert marked(text, word) == found


@pytest.mark.parametrize(("text", "word"), [("カ", "ガ"), ("walk", "walks"), ("", "a"), ("a b", "ab")])
def test_other_words_are_not_found(text, word):
    assert marked(text, word) == []


def letters_of(text: str) -> list[tuple[str, int]]:
    """The folded letters of a text, each with the place it comes from: by Unicode's rules, one step at a time."""
    found = []
    for place, character in enumerate(text):
        for part in unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", character.casefold()).casefold()):
            if unicodedata.combining(part) < FIRST_ACCENT and not INVISIBLE.match(part):
                found += [(letter, place) for letter in ALIKE.get(part, part)]
    return found


@given(texts, texts)
def test_all_letters_of_the_word_are_marked_and_no_others(text, typed):
    letters = letters_of(text)
    for word in words_in(typed):
        windows = [letters[start : start + len(word)] for start in range(len(letters))]
        places = {place for each in windows if "".join(letter for letter, _ in each) == word for _, place in each}
        spans = spans_of(text, [word])

        assert {at for start, end in spans for at in range(start, end) if fold(text[at])} == places
        assert (word in fold(text)) == bool(spans)


@given(texts)
def test_folding_is_of_characters_and_once_is_enough(text):
    assert fold(text) == "".join(map(fold, text))
    assert fold(fold(text)) == fold(text)
    assert fold(text.upper().lower()) == fold(text.upper())


@given(texts, st.text("ab é", max_size=6))
def test_a_snippet_says_what_the_text_says(text, typed):
    text = f"{text} {typed} {text}" * 3
    words = words_in(typed)

    pieces = snippet(text, words)

    assert all(piece.text in text for piece in pieces if piece.text.strip(" …"))
    assert any(piece.is_match for piece in pieces) == any(word in fold(text) for word in words)


def test_a_snippet_shows_words_that_are_far_apart():
    text = f"A walk by the river. {'And then nothing. ' * 40}The rain came. {'And so on. ' * 30}"

    shown = "".join(f"[{piece.text}]" if piece.is_match else piece.text for piece in snippet(text, ["walk", "rain"]))

    assert shown.startswith("A [walk] by the river. And then")
    assert " … " in shown and "The [rain] came." in shown and shown.endswith(" …")
    assert len(shown) < 400


def test_a_word_without_spaces_is_cut():
    pieces = snippet("x" * 4000 + "needle" + "y" * 4000, ["needle"])

    assert [piece.text for piece in pieces] == ["… ", "x" * 60, "needle", "y" * 100, " …"]


@pytest.mark.parametrize("typed", ["", "  ", '"', '" \u00ad "', "\u0301", "\u200b"])
def test_nothing_is_no_word(typed):
    assert words_in(typed) == ()


def test_words_are_different_ones_without_quotation_marks():
    assert words_in("“Walk” walk\n„by’s« RIVER") == ("walk", "by's", "river")


def test_what_is_kept_of_all_characters_is_bounded(monkeypatch):
    monkeypatch.setattr(Folds, "MOST", 2)
    folds = Folds()

    assert "ÄÖÜÄÖÜ".translate(folds) == "aouaou"
    assert len(folds) == 2
