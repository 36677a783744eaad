"""Staff accounts are copied from one database to another; an equal name makes no account staff."""

import json
import shutil
import sqlite3
from contextlib import closing
from io import StringIO

import pytest
from django.contrib.auth.models import Group, Permission
from django.core.management import CommandError, call_command

from accounts.models import User
from accounts.tests.factories import PASSWORD, make_person
from logs.tests.factories import make_log
from operations.management.commands.demo import GROUP
from testing.gunicorn import manage
from testing.migrated import migrate

# With signs that no hash of a password has: the texts of files are searched for it.
NO_STAFF = "no-staff"


def staff(action: str, file, *options: str) -> str:
    output = StringIO()
    call_command("staff", action, str(file), *options, stdout=output)
    return output.getvalue()


def permission(codename: str) -> Permission:
    return Permission.objects.get(codename=codename)


def facts_of(user: User) -> dict:
    names = ("username", "password", "email", "timezone", "is_active", "is_staff", "is_superuser")
    facts = {name: getattr(user, name) for name in names}
    rights = {"groups": user.groups, "permissions": user.user_permissions}
    return facts | {name: sorted(map(str, related.all())) for name, related in rights.items()}


@pytest.fixture
def file(tmp_path):
    return tmp_path / "staff.json"


@pytest.fixture
def team(db) -> list[User]:
    """A superuser, a member of staff with permissions of their own and of a group, and a person without any."""
    helpers = Group.objects.create(name="Helpers")
    helpers.permissions.set([permission("view_user"), permission("view_dailylog")])
    Group.objects.create(name="Unused")
    boss = make_person(
        username="Boss", is_staff=True, is_superuser=True, email="boss@example.org", timezone="Asia/Tokyo"
    )
    helper = make_person(username="helper", is_staff=True)
    helper.groups.add(helpers)
    helper.user_permissions.add(permission("change_medication"))
    make_log(make_person(username=NO_STAFF), breakfast="Oats")
    make_log(boss, breakfast="Rice")
    return [boss, helper]


def test_export_and_import(team, file):
    before = [facts_of(user) for user in team]
    staff("export", file)
    User.objects.filter(is_staff=True).delete()
    Group.objects.all().delete()

    output = staff("import", file)

    assert output.splitlines() == [
        *("group Helpers: created", "account Boss: created", "account helper: created"),
        "3 changed, 0 unchanged.",
    ]
    after = User.objects.filter(is_staff=True).order_by("username_key")
    assert [facts_of(user) for user in after] == before
    assert after[0].check_password(PASSWORD)
    assert {str(right) for right in after[1].get_all_permissions()} == {
        *("accounts.view_user", "logs.view_dailylog", "logs.change_medication")
    }
    assert after[0].username_key == "boss"


def test_the_file_is_private_and_says_what_it_holds(team, file):
    output = staff("export", file)

    assert file.stat().st_mode & 0o777 == 0o600
    assert [path.name for path in file.parent.iterdir()] == ["staff.json"]
    assert "password hashes" in output and "2 staff accounts" in output
    models = {row["model"] for row in json.loads(file.read_text())}
    assert models == {"auth.group", "accounts.user"}
    text = file.read_text()
    assert all(word not in text for word in (NO_STAFF, "Oats", "Rice", "Unused", '"pk"', "last_login"))


def test_repeated_it_changes_nothing(team, file):
    staff("export", file)
    before = list(User.objects.values())

    assert staff("import", file) == "0 changed, 3 unchanged.\n"
    assert list(User.objects.values()) == before


def test_existing_accounts_get_permissions_only(team, file):
    staff("export", file)
    boss, helper = team
    boss.set_password("another-good-password")
    boss.email, boss.is_superuser = "boss@elsewhere.example.org", False
    boss.username = "BOSS"
    boss.save()
    helper.groups.clear()
    User.objects.filter(pk=helper.pk).update(is_active=False)
    Group.objects.get(name="Helpers").permissions.clear()

    output = staff("import", file)

    assert "group Helpers: permissions changed" in output
    assert "account BOSS: changed is_superuser" in output
    assert "account helper: changed groups" in output
    boss, helper = User.objects.get(pk=boss.pk), User.objects.get(pk=helper.pk)
    assert boss.is_superuser and boss.check_password("another-good-password")
    assert (boss.username, boss.email) == ("BOSS", "boss@elsewhere.example.org")
    # A deactivated account stays deactivated, whatever its groups.
    assert not helper.is_active
    assert [group.name for group in helper.groups.all()] == ["Helpers"]
    assert boss.daily_logs.get().breakfast == "Rice"


def test_take_over_imports_the_password(team, file):
    staff("export", file)
    boss = team[0]
    boss.set_password("another-good-password")
    boss.timezone = "Europe/Berlin"
    boss.save()

    output = staff("import", file, "--take-over")

    boss = User.objects.get(pk=boss.pk)
    assert "account Boss: changed password, timezone" in output
    assert boss.check_password(PASSWORD)
    assert boss.timezone == "Asia/Tokyo"
    assert staff("import", file, "--take-over") == "0 changed, 3 unchanged.\n"


def test_another_end_of_the_day_increases_the_version_of_answers(team, file):
    """Times after midnight may be of another day: findings of them are computed anew."""
    staff("export", file)
    boss, _helper = team
    boss.answers_changed()
    User.objects.update(day_ends_at=boss.day_ends_at + 1)

    for options in ([], ["--take-over", "--dry-run"], ["--take-over"], ["--take-over"]):
        staff("import", file, *options)
        expected = 2 if options == ["--take-over"] else 1
        assert User.objects.get(pk=boss.pk).answers_version == expected
    assert User.objects.get(username="helper").answers_version == 0  # Nothing is computed of no answers.


@pytest.mark.parametrize("options", [[], ["--take-over"]])
def test_an_account_of_the_same_name_is_never_made_staff(team, file, options):
    staff("export", file)
    User.objects.filter(is_staff=True).delete()
    Group.objects.all().delete()
    person = make_person(username="HELPER", password="another-own-password")

    with pytest.raises(CommandError, match="account HELPER exists here and is not staff"):
        staff("import", file, *options)

    person.refresh_from_db()
    assert not (person.is_staff or person.is_superuser or person.groups.exists())
    assert person.check_password("another-own-password")
    # The accounts before it in the file were not created either.
    assert not User.objects.filter(username="Boss").exists()
    assert not Group.objects.exists()


def test_a_dry_run_changes_nothing(team, file):
    staff("export", file)
    User.objects.filter(username="Boss").delete()

    output = staff("import", file, "--dry-run")

    assert "account Boss: created" in output and "nothing was changed" in output
    assert not User.objects.filter(username="Boss").exists()


def test_demo_superusers_are_not_exported(team, file):
    demo = make_person(username="demo-admin", is_staff=True, is_superuser=True)
    demo.groups.add(Group.objects.create(name=GROUP))

    output = staff("export", file)

    assert "demo-admin" not in file.read_text()
    assert "Left out 1 made by manage.py demo." in output


@pytest.mark.parametrize(
    ("text", "match"),
    [
        ("not JSON", "The file is no export of manage.py staff"),
        ('[{"model": "auth.group", "fields": {"name": "x", "permissions": [["fly", "logs", "dose"]]}}]', "permission"),
        (
            '[{"model": "accounts.user", "fields": {"username": "eve", "is_staff": false}}]',
            "eve in the file is not staff",
        ),
        ('[{"model": "logs.medication", "fields": {"name": "x"}}]', "more than staff: medication"),
    ],
)
def test_another_file_is_refused(db, file, text, match):
    file.write_text(text)

    with pytest.raises(CommandError, match=match):
        staff("import", file)

    assert not User.objects.exists() and not Group.objects.exists()


def test_a_missing_file_is_one_sentence(db, file):
    with pytest.raises(CommandError, match=r"staff.json cannot be used: No such file"):
        staff("import", file)


@pytest.mark.once
def test_permissions_are_matched_by_name(tmp_path):
    """From development to production."""
    development, production = tmp_path / "development.sqlite3", tmp_path / "production.sqlite3"
    migrate(f"sqlite:///{development}")
    shutil.copy(development, production)
    with closing(sqlite3.connect(production)) as there, there:
        there.execute("UPDATE auth_permission SET id = id + 1000")
    with closing(sqlite3.connect(development)) as here, here:
        here.execute(
            """INSERT INTO accounts_user (username, username_key, password, is_superuser, is_staff, is_active,
                   date_joined, display_name, email, timezone, theme, week_starts_on, day_ends_at, updated_at)
               VALUES ('Boss', 'boss', 'hash', 0, 1, 1, '2026-01-01',
                   '', '', 'UTC', 'system', 'sunday', 4, '2026-01-01')"""
        )
        here.execute(
            """INSERT INTO accounts_user_user_permissions (user_id, permission_id)
               SELECT 1, id FROM auth_permission WHERE codename = 'view_dailylog'"""
        )
    file = str(tmp_path / "staff.json")

    assert manage(f"sqlite:///{development}", "staff", "export", file).returncode == 0
    result = manage(f"sqlite:///{production}", "staff", "import", file)

    assert result.stdout.splitlines() == ["account Boss: created", "1 changed, 0 unchanged."]
    with closing(sqlite3.connect(production)) as there:
        rights = there.execute(
            """SELECT username, is_staff, is_superuser, codename FROM accounts_user u
               JOIN accounts_user_user_permissions l ON l.user_id = u.id
               JOIN auth_permission p ON p.id = l.permission_id"""
        ).fetchall()
    assert rights == [("Boss", 1, 0, "view_dailylog")]
