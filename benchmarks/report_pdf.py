"""Time, memory and size of the PDF of a report.

    .venv/bin/python -m benchmarks.report_pdf

Prints the minimum and the median of twenty PDFs: of a report with a block of each kind, of one with many own words,
and of one as long as a PDF may be.
"""

import statistics
import sys
import time

ROUNDS = 20
# Characters of the person's own words.
WORDS = {"one page and details": 100, "many own words": 20_000, "the longest": 270_000}


def main():
    import os

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "testing.settings")
    import django

    django.setup()
    import resource

    from insights.report.pdf import pdf_of
    from insights.tests.pdfs import reader_of
    from insights.tests.reports import example_report

    for name, length in WORDS.items():
        report = example_report(words="A walk to the sea. " * (length // 19))
        rounds = ROUNDS if length < 100_000 else 3
        wall, cpu = [], []
        for _round in range(rounds):
            before, start = cpu_of_children(resource), time.perf_counter()
            made = pdf_of(report)
            wall.append(time.perf_counter() - start)
            cpu.append(cpu_of_children(resource) - before)
        print(
            f"{name}: {len(reader_of(made).pages)} pages, {len(made) // 1000} kB; "
            f"{min(wall) * 1000:.0f} ms at best, {statistics.median(wall) * 1000:.0f} ms usually; "
            f"{min(cpu) * 1000:.0f} ms of a processor; {most_memory(resource)} MB at most so far",
            flush=True,
        )


def cpu_of_children(resource) -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def most_memory(resource) -> int:
    kilobytes = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    return kilobytes // (1024 if sys.platform != "darwin" else 1024 * 1024)


if __name__ == "__main__":
    main()
