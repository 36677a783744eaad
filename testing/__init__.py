"""Tools of the tests. `python -m testing` runs all tests on both databases."""
