"""Points of small line plots in SVG."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from operations.database.report import format_size

WIDTH, HEIGHT, EDGE = 240, 60, 4


@dataclass(frozen=True)
class Plot:
    """A size over time. The y axis starts at zero."""

    title: str
    first: str
    last: str
    points: str  # the attribute of a <polyline>

    @classmethod
    def of(cls, title: str, sizes: Iterable[tuple[datetime, int]]) -> "Plot | None":
        """The plot of sizes in order of time; None for fewer than two."""
        sizes = list(sizes)
        if len(sizes) < 2:
            return None
        start, end = sizes[0][0].timestamp(), sizes[-1][0].timestamp()
        largest = max(size for _time, size in sizes) or 1

        def point(time: datetime, size: int) -> str:
            x = EDGE + (WIDTH - 2 * EDGE) * (time.timestamp() - start) / ((end - start) or 1)
            y = HEIGHT - EDGE - (HEIGHT - 2 * EDGE) * size / largest
            return f"{x:.1f},{y:.1f}"

        points = " ".join(point(*each) for each in sizes)
        return cls(title, format_size(sizes[0][1]), format_size(sizes[-1][1]), points)
