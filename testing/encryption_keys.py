"""Encryption keys of private texts for tests; the fixture `keys` in conftest.py configures them."""

OLD, NEW = bytes(range(32)), bytes(range(1, 33))
