"""Long lists, a page at a time."""

from django.db.models import QuerySet, Subquery
from django.http import Http404

ROWS = 30
LAST_PAGE = 10_000


def page_number(request) -> int:
    """The page asked for in `?page=`; the first if none is. What is no page of ours is a 404."""
    try:
        number = int(request.GET.get("page", 1))
    except ValueError as error:
        raise Http404 from error
    if not 1 <= number <= LAST_PAGE:
        raise Http404
    return number


def page_of(rows: QuerySet, number: int, by: str) -> tuple[list, dict]:
    """The rows of one page, newest first by the date `by`, and the numbers of the pages around it for the template.

    The rows of newer pages are counted off in the index, not read: the page begins with the date found there.
    """
    rows = rows.order_by(f"-{by}")
    if number > 1:
        start = ROWS * (number - 1)
        rows = rows.filter(**{f"{by}__lte": Subquery(rows.values(by)[start : start + 1])})
    # One more than the page shows tells whether there is another page, without counting them all.
    found = list(rows[: ROWS + 1])
    return found[:ROWS], around(number, len(found) > ROWS)


def page_by_offset(rows: list | QuerySet, number: int, size: int = ROWS) -> tuple[list, dict]:
    """The rows of one page of a list, and the numbers of the pages around it for the template.

    For rows that are few, or that nothing unique sorts. Of a query, it reads the page alone. A page behind the last one
    is a 404.
    """
    start = size * (number - 1)
    found = list(rows[start : start + size + 1])
    if start and not found:
        raise Http404
    return found[:size], around(number, len(found) > size)


def around(number: int, has_more: bool) -> dict:
    """The numbers of the pages around one, for the template."""
    return {
        "page": number,
        "older_page": number + 1 if has_more else None,
        "newer_page": number - 1 if number > 1 else None,
    }
