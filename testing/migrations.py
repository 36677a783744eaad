"""`python -m testing.migrations` checks with squawk that the migrations can run while people use the database.

Each migration is applied to an empty, temporary PostgreSQL server, and squawk checks its SQL, as sqlmigrate
prints it, by the rules in .squawk.toml. Arguments are apps; without any, all of ours.
"""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from testing import postgres

ROOT = Path(__file__).resolve().parents[1]
SQUAWK = Path(sys.executable).with_name("squawk")


def main(apps: list[str]) -> int:
    """Print squawk's findings. Returns its exit code: 0 if there are none."""
    try:
        with postgres.throwaway_cluster() as cluster, tempfile.TemporaryDirectory() as folder:
            os.environ["DATABASE_URL"] = cluster.url
            files = write_sql(Path(folder), apps)
            print(f"{len(files)} migrations: {', '.join(file.removesuffix('.sql') for file in files)}", flush=True)
            command = [SQUAWK, "--reporter=gcc", f"--config={ROOT / '.squawk.toml'}", *files]
            return subprocess.run(command, cwd=folder).returncode
    except postgres.PostgresMissing:
        print(f"The migrations were not checked, for want of PostgreSQL: {postgres.HOW_TO_GET_IT}.")
        return 1 if os.environ.get("CI") == "true" else 0


def write_sql(folder: Path, apps: list[str]) -> list[str]:
    """Write the SQL of the apps' migrations, in the order of their application. Returns the files' names."""
    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "testing.settings")
    django.setup()
    from django.apps import apps as registry
    from django.db import connection
    from django.db.migrations.executor import MigrationExecutor
    from django.db.migrations.state import ProjectState

    apps = apps or [config.label for config in registry.get_app_configs() if Path(config.path).parent == ROOT]
    executor = MigrationExecutor(connection)
    state, files = ProjectState(), []
    for migration, _ in executor.migration_plan(executor.loader.graph.leaf_nodes()):
        if migration.app_label in apps:
            files.append(f"{migration.app_label}.{migration.name}.sql")
            # Before the migration is applied: some read names from the database.
            sql = "\n".join(executor.loader.collect_sql([(migration, False)]))
            (folder / files[-1]).write_text(f"BEGIN;\n{sql}\nCOMMIT;\n" if migration.atomic else sql)
        state = executor.migrate([], plan=[(migration, False)], state=state)
    return files


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
