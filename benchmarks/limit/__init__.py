"""The limit that benchmarks/pages.py compares pages with: a minimal Django project."""
