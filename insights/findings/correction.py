"""The correction for having asked many questions (Benjamini and Hochberg 1995)."""

from collections.abc import Sequence

# Up to this share of what is kept, in the long run, is expected to be chance.
MOST_BY_CHANCE = 0.10


def q_values(p: Sequence[float]) -> list[float]:
    """The q-value of each p-value, in the same order: the least share of chance at which it is kept."""
    count = len(p)
    found, lowest = [1.0] * count, 1.0
    for rank, place in reversed([*enumerate(sorted(range(count), key=p.__getitem__), start=1)]):
        lowest = min(lowest, p[place] * count / rank)
        found[place] = lowest
    return found
