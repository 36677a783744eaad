"""Small temporary apps for tests of migrations."""

from pathlib import Path

MIGRATION = """
from django.db import migrations, models
from brainlog.database import migration_operations

class Migration(migrations.Migration):
    atomic = {atomic}
    dependencies = {dependencies}
    operations = [{operations}]
"""


def write_app(folder: Path, name: str, migrations: list[str], after: tuple[str, str] | None = None) -> dict[str, str]:
    """Write an app, and return the environment for a process in which it is installed.

    Each of `migrations` is the source of one migration's operations; they are called 0001_step and so
    on. The first comes `after` another app's.
    """
    inside = folder / name / "migrations"
    inside.mkdir(parents=True)
    for path in (inside.parent / "__init__.py", inside / "__init__.py"):
        path.touch()
    for number, operations in enumerate(migrations, 1):
        dependencies = [after] if after else []
        after = (name, f"{number:04}_step")
        source = MIGRATION.format(
            atomic="migration_operations." not in operations, dependencies=dependencies, operations=operations
        )
        (inside / f"{after[1]}.py").write_text(source)
    (folder / f"settings_with_{name}.py").write_text(
        f"from testing.settings import *\nINSTALLED_APPS = [*INSTALLED_APPS, {name!r}]\n"
    )
    return {"PYTHONPATH": str(folder), "DJANGO_SETTINGS_MODULE": f"settings_with_{name}"}
