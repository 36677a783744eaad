from logs.tests.conftest import noon  # noqa: F401
