"""Pagination that never counts all rows."""

from django.db.models import QuerySet, Subquery
from django.http import Http404

ROWS = 30
LAST_PAGE = 10_000


def page_number(request) -> int:
    """Return the number in `?page=`, or 1. Raises Http404 if it is no number from 1 to LAST_PAGE."""
    try:
        number = int(request.GET.get("page", 1))
    except ValueError as error:
        raise Http404 from error
    if not 1 <= number <= LAST_PAGE:
        raise Http404
    return number


def page_of(rows: QuerySet, number: int, by: str) -> tuple[list, dict]:
    """Return the rows of one page, newest first by the unique date `by`, and the template context of its links.

    Only the index is scanned to skip newer pages: their rows are not read.
    """
    rows = rows.order_by(f"-{by}")
    if number > 1:
        start = ROWS * (number - 1)
        rows = rows.filter(**{f"{by}__lte": Subquery(rows.values(by)[start : start + 1])})
    # One row more than the page shows tells whether there is another page, without counting the rows.
    found = list(rows[: ROWS + 1])
    return found[:ROWS], page_links(number, len(found) > ROWS)


def page_by_offset(rows: list | QuerySet, number: int, size: int = ROWS) -> tuple[list, dict]:
    """Return the rows of one page of a list or queryset, and the template context of its links.

    For short lists, and for an order without a unique column: newer pages are skipped by OFFSET. Raises Http404 for a
    page after the last one.
    """
    start = size * (number - 1)
    found = list(rows[start : start + size + 1])
    if start and not found:
        raise Http404
    return found[:size], page_links(number, len(found) > size)


def page_links(number: int, has_more: bool) -> dict:
    """Return the template context of the links to the pages before and after."""
    return {
        "page": number,
        "older_page": number + 1 if has_more else None,
        "newer_page": number - 1 if number > 1 else None,
    }
