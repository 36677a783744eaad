"""Words in texts, whatever their case and accents: how texts are folded, and which of their characters a word is in.

Folding goes character by character, so that what is found in the folded text leads back to the characters of the text.
One character may fold to several (`ß` to `ss`, `ﬁ` to `fi`) or to none (an accent that is a character of its own).
"""

import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from brainlog.forms import INVISIBLE

# Letters that people write without their stroke or apart, and that Unicode does not decompose; and the signs that
# keyboards of phones put for those that were typed.
ALIKE = {
    **{"æ": "ae", "œ": "oe", "ø": "o", "ł": "l", "đ": "d", "ħ": "h", "ı": "i"},
    **{"‘": "'", "’": "'", "ʼ": "'", "“": '"', "”": '"', "„": '"', "‐": "-", "‑": "-", "–": "-", "—": "-"},
}
# Combining marks of a lower class are no accents: signs that make another letter in Indic scripts and in kana.
FIRST_ACCENT = 10


def fold_character(character: str) -> str:
    """Return what a character has in common with its other case, its form without accents, and its parts."""
    folded = unicodedata.normalize("NFKD", character.casefold())
    folded = unicodedata.normalize("NFKD", folded.casefold())  # Some letters have another case only once taken apart.
    kept = [each for each in folded if unicodedata.combining(each) < FIRST_ACCENT and not INVISIBLE.match(each)]
    return "".join(ALIKE.get(each, each) for each in kept)


class Folds(dict):
    """What each character folds to, by its code point, for str.translate(). Keeps the first MOST that are asked for:
    more than people write with, and a bound for texts that are made of all of Unicode."""

    MOST = 20_000

    def __missing__(self, code: int) -> str:
        folded = fold_character(chr(code))
        if len(self) < self.MOST:
            self[code] = folded
        return folded


FOLDS = Folds()


def fold(text: str) -> str:
    return text.lower() if text.isascii() else text.translate(FOLDS)


def words_in(typed: str) -> tuple[str, ...]:
    """The different words that were typed, folded, in order. Quotation marks around them are no part of them."""
    words = (fold(word).strip("\"'«»") for word in typed.split())
    return tuple(dict.fromkeys(filter(None, words)))


@dataclass(frozen=True)
class Piece:
    """A part of a text as a page shows it."""

    text: str
    is_match: bool = False


# Characters of a snippet before and after a match, where it may end between two words.
BEFORE, AFTER = 60, 100
MOST_SNIPPETS = 4  # of one text


def spans_of(text: str, words: Iterable[str]) -> list[tuple[int, int]]:
    """From where to where in the text the words are, in order, and without overlaps.

    Accents that are characters of their own belong to the letter before them.
    """
    parts = [FOLDS[ord(each)] for each in text]
    folded = "".join(parts)
    owners = [number for number, part in enumerate(parts) for _each in part]
    found = sorted(span for word in words for span in occurrences(folded, word))
    spans: list[tuple[int, int]] = []
    for start, end in found:
        first, last = owners[start], owners[end - 1] + 1
        while last < len(text) and not parts[last]:
            last += 1
        if spans and first <= spans[-1][1]:
            spans[-1] = spans[-1][0], max(last, spans[-1][1])
        else:
            spans.append((first, last))
    return spans


def occurrences(text: str, word: str) -> Iterable[tuple[int, int]]:
    start = text.find(word)
    while start >= 0:
        yield start, start + len(word)
        start = text.find(word, start + 1)


def snippet(text: str, words: Sequence[str]) -> list[Piece]:
    """The text around the words that are in it, with these marked; without any, its beginning."""
    spans = spans_of(text, words)
    windows: list[list[int]] = []
    for start, end in spans or [(0, 0)]:
        first, last = window_around(text, start, end)
        if windows and first <= windows[-1][1]:
            windows[-1][1] = max(last, windows[-1][1])
        elif len(windows) < MOST_SNIPPETS:
            windows.append([first, last])
    pieces = []
    for first, last in windows:
        pieces.append(Piece(("… " if first else "") if not pieces else " … "))
        here = first
        for start, end in spans:
            if first <= start and end <= last:
                pieces += [Piece(text[here:start]), Piece(text[start:end], is_match=True)]
                here = end
        pieces.append(Piece(text[here:last]))
    pieces.append(Piece(" …" if windows[-1][1] < len(text) else ""))
    return [piece for piece in pieces if piece.text]


def window_around(text: str, start: int, end: int) -> tuple[int, int]:
    """From where to where to show the text around a match: whole words, unless one is longer than the window."""
    first, last = max(start - BEFORE, 0), min(end + AFTER, len(text))
    if first:
        gap = next((at for at in range(first, start) if text[at].isspace()), None)
        first = first if gap is None else gap + 1
    if last < len(text):
        gap = next((at for at in range(last, end, -1) if text[at - 1].isspace()), None)
        last = last if gap is None else gap - 1
    return first, max(last, end)
