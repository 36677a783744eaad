"""The limit that benchmarks/pages.py holds our pages against: bare Django, with next to nothing to do."""
