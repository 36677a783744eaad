"""Benchmarks are run by hand only. Importing them shows whether renamed code broke them."""

import subprocess
import sys

import pytest

from testing.gunicorn import ROOT, environment_with

pytestmark = pytest.mark.once

IMPORT_ALL = """
import importlib, pathlib, django
django.setup()
for path in sorted(pathlib.Path("benchmarks").glob(PATTERN)):
    importlib.import_module(".".join(path.with_suffix("").parts).removesuffix(".__init__"))
    print(path)
"""


@pytest.mark.parametrize(
    ("settings", "pattern", "least"),
    [("brainlog.settings", "*.py", 10), ("benchmarks.limit.settings", "limit/*.py", 4)],
)
def test_every_benchmark_can_be_imported(settings, pattern, least):
    environment = environment_with("postgresql://127.0.0.1:1/none", DJANGO_SETTINGS_MODULE=settings)
    program = IMPORT_ALL.replace("PATTERN", repr(pattern))

    result = subprocess.run([sys.executable, "-c", program], cwd=ROOT, env=environment, capture_output=True, text=True)

    assert result.returncode == 0, result.stderr
    assert len(result.stdout.splitlines()) >= least
