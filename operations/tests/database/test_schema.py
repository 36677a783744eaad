"""Differences between a database and its migrations, made in a real database."""

import pytest
from django.core.management import call_command
from django.db import connection

from operations.database import integrity
from operations.database.findings import ERROR, WARNING
from operations.database.schema import actual_tables, expected_tables, problems


@pytest.fixture
def run(db):
    """Execute SQL in the test's transaction, which is rolled back afterwards."""

    def execute(sql):
        if connection.vendor != "postgresql":
            pytest.skip("SQLite cannot do this to a table.")
        with connection.cursor() as cursor:
            cursor.execute(sql)

    return execute


def test_a_migrated_database_has_no_problems(db):
    assert list(problems(connection)) == []


def test_the_expected_schema_comes_from_the_migrations(db):
    tables = expected_tables(connection)

    assert {"accounts_user", "logs_dailylog", "logs_dose", "reflections_weeklyreflection"} <= tables.keys()
    # Also Django's own tables, and those of many-to-many fields.
    assert {"django_content_type", "accounts_user_groups"} <= tables.keys()
    assert {str(constraint) for constraint in tables["logs_dailylog"].constraints} >= {
        "primary key on (id)",
        "foreign key on (user_id)",
        "unique daily_log_one_per_day",
        "index daily_log_date",
        "check daily_log_sleep_hours_valid",
    }
    assert "index on (user_id)" not in {str(constraint) for constraint in tables["logs_dailylog"].constraints}


def test_the_actual_schema_has_all_expected_columns(db):
    actual = actual_tables(connection)

    for name, expected in expected_tables(connection).items():
        assert actual[name].columns.keys() == expected.columns.keys()


@pytest.mark.parametrize(
    ("sql", "status", "text"),
    [
        ("DROP TABLE logs_dose", ERROR, "table logs_dose is missing"),
        ("ALTER TABLE logs_dose DROP taken_at", ERROR, "logs_dose: column taken_at is missing"),
        (
            "ALTER TABLE logs_dailylog ALTER sleep_quality TYPE integer",
            ERROR,
            "logs_dailylog: column sleep_quality is integer instead of smallint",
        ),
        (
            "ALTER TABLE logs_dose ALTER amount TYPE numeric(9,3)",
            ERROR,
            "logs_dose: column amount is numeric(9,3) instead of numeric(8,3)",
        ),
        (
            "ALTER TABLE accounts_user ALTER email DROP NOT NULL",
            ERROR,
            "accounts_user: column email may be NULL, unlike its model",
        ),
        (
            "ALTER TABLE logs_dailylog ALTER breakfast SET NOT NULL",
            ERROR,
            "logs_dailylog: column breakfast must not be NULL, unlike its model",
        ),
        (
            "ALTER TABLE logs_dose ALTER id DROP IDENTITY",
            ERROR,
            "logs_dose: column id has lost its default",
        ),
        ("ALTER TABLE logs_dose ADD spoon text", WARNING, "logs_dose: column spoon is in no migration"),
        (
            "ALTER TABLE logs_dose ADD spoon text NOT NULL",
            ERROR,
            "logs_dose: column spoon is in no migration, and no row can be added without it",
        ),
        ("DROP INDEX daily_log_date", ERROR, "logs_dailylog: index daily_log_date is missing"),
        ("DROP INDEX logs_dose_daily_log_id_a22c9a95", ERROR, "logs_dose: index on (daily_log_id) is missing"),
        ("DROP INDEX accounts_user_username_6088629e_like", ERROR, "accounts_user: index on (username) is missing"),
        (
            "ALTER TABLE accounts_user DROP CONSTRAINT accounts_user_username_key",
            ERROR,
            "accounts_user: unique on (username) is missing",
        ),
        (
            "ALTER TABLE logs_dailylog DROP CONSTRAINT daily_log_one_per_day",
            ERROR,
            "logs_dailylog: unique daily_log_one_per_day is missing",
        ),
        (
            "ALTER TABLE logs_dose DROP CONSTRAINT dose_amount_positive",
            ERROR,
            "logs_dose: check dose_amount_positive is missing",
        ),
        (
            # The named check on the same column is another one.
            "ALTER TABLE accounts_user DROP CONSTRAINT accounts_user_day_ends_at_check",
            ERROR,
            "accounts_user: check on (day_ends_at) is missing",
        ),
        (
            "ALTER TABLE accounts_user_groups DROP CONSTRAINT accounts_user_groups_group_id_bd11a704_fk_auth_group_id",
            ERROR,
            "accounts_user_groups: foreign key on (group_id) is missing",
        ),
        (
            "ALTER TABLE logs_dose DROP CONSTRAINT dose_day_of_same_person",
            ERROR,
            "logs_dose: foreign key on (daily_log_id, user_id) is missing",
        ),
        ("ALTER TABLE logs_dose DROP CONSTRAINT logs_dose_pkey", ERROR, "logs_dose: primary key on (id) is missing"),
        (
            """ALTER TABLE logs_dose DROP CONSTRAINT dose_amount_positive,
               ADD CONSTRAINT dose_amount_positive CHECK (amount > 0) NOT VALID""",
            ERROR,
            "logs_dose: check dose_amount_positive is not valid: dose_amount_positive",
        ),
        (
            """ALTER TABLE logs_dailylog DROP CONSTRAINT daily_log_one_per_day;
               CREATE INDEX daily_log_one_per_day ON logs_dailylog (user_id, date)""",
            ERROR,
            "logs_dailylog: unique daily_log_one_per_day differs: "
            "index on (user_id, date) instead of unique on (user_id, date)",
        ),
        (
            """ALTER TABLE logs_dailylog DROP CONSTRAINT daily_log_one_per_day,
               ADD CONSTRAINT daily_log_one_per_day CHECK (user_id > 0)""",
            ERROR,
            "logs_dailylog: unique daily_log_one_per_day differs: "
            "check on (user_id) instead of unique on (user_id, date)",
        ),
        (
            """ALTER TABLE logs_dailylog DROP CONSTRAINT daily_log_focus_level_valid,
               ADD CONSTRAINT daily_log_focus_level_valid CHECK (true)""",
            WARNING,
            "logs_dailylog: check daily_log_focus_level_valid is (true), while its migration says "
            '(("focus_level" IS NULL OR "focus_level" BETWEEN 1 AND 10))',
        ),
        (
            "UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'daily_log_one_per_day'::regclass",
            ERROR,
            "logs_dailylog: unique daily_log_one_per_day is not valid: daily_log_one_per_day",
        ),
    ],
)
def test_differences_are_reported(run, sql, status, text):
    run(sql)

    assert list(problems(connection)) == [(status, text)]


SURPLUS = "is in no migration, and every save updates it: drop it if nothing needs it"
REFUSING = "is in no migration, and refuses what Brain Log may save: drop it"


@pytest.mark.parametrize(
    ("sql", "findings"),
    [
        (
            """DROP INDEX daily_log_date;
               CREATE INDEX a_part ON logs_dailylog (date) WHERE date > '2026-01-01';
               CREATE INDEX b_pair ON logs_dailylog (date, id)""",
            [
                (ERROR, "logs_dailylog: index daily_log_date is missing"),
                (WARNING, f"logs_dailylog: index a_part {SURPLUS}"),
                (WARNING, f"logs_dailylog: index b_pair {SURPLUS}"),
            ],
        ),
        (
            """DROP INDEX logs_dose_daily_log_id_a22c9a95;
               CREATE INDEX a_part ON logs_dose (daily_log_id) WHERE unit = 'mg'""",
            [
                (ERROR, "logs_dose: index on (daily_log_id) is missing"),
                (WARNING, f"logs_dose: index a_part {SURPLUS}"),
            ],
        ),
        (
            "CREATE INDEX twice ON logs_dose (daily_log_id)",
            [(WARNING, f"logs_dose: index twice {SURPLUS}")],
        ),
        (
            "CREATE UNIQUE INDEX one_dose ON logs_dose (daily_log_id)",
            [(ERROR, f"logs_dose: unique one_dose {REFUSING}")],
        ),
        (
            # A unique index does not replace the plain index on the same column.
            """DROP INDEX logs_dose_daily_log_id_a22c9a95;
               CREATE UNIQUE INDEX one_dose ON logs_dose (daily_log_id)""",
            [
                (ERROR, "logs_dose: index on (daily_log_id) is missing"),
                (ERROR, f"logs_dose: unique one_dose {REFUSING}"),
            ],
        ),
        (
            "ALTER TABLE logs_dose ADD CONSTRAINT small CHECK (amount < 10)",
            [(ERROR, f"logs_dose: check small {REFUSING}")],
        ),
        (
            "ALTER TABLE logs_dose ADD CONSTRAINT apart EXCLUDE USING btree (id WITH =)",
            [(ERROR, f"logs_dose: exclusion apart {REFUSING}")],
        ),
        (
            "ALTER TABLE logs_dailylog ADD CONSTRAINT itself FOREIGN KEY (id) REFERENCES accounts_user",
            [(ERROR, f"logs_dailylog: foreign key itself {REFUSING}")],
        ),
        (
            # The day alone is not the day and its person.
            """ALTER TABLE logs_dose DROP CONSTRAINT dose_day_of_same_person,
               ADD CONSTRAINT dose_day_of_same_person FOREIGN KEY (daily_log_id) REFERENCES logs_dailylog""",
            [
                (ERROR, "logs_dose: foreign key on (daily_log_id, user_id) is missing"),
                (ERROR, f"logs_dose: foreign key dose_day_of_same_person {REFUSING}"),
            ],
        ),
        (
            # The same two columns of another table.
            """ALTER TABLE logs_dose DROP CONSTRAINT dose_medication_of_same_person,
               ADD CONSTRAINT elsewhere FOREIGN KEY (medication_id, user_id) REFERENCES logs_dailylog (id, user_id)""",
            [
                (ERROR, "logs_dose: foreign key on (medication_id, user_id) is missing"),
                (ERROR, f"logs_dose: foreign key elsewhere {REFUSING}"),
            ],
        ),
        (
            # Deletes doses where Django would refuse.
            """ALTER TABLE logs_dose DROP CONSTRAINT dose_medication_of_same_person,
               ADD CONSTRAINT dose_medication_of_same_person FOREIGN KEY (medication_id, user_id)
               REFERENCES logs_medication (id, user_id) ON DELETE CASCADE""",
            [
                (ERROR, "logs_dose: foreign key on (medication_id, user_id) is missing"),
                (ERROR, f"logs_dose: foreign key dose_medication_of_same_person {REFUSING}"),
            ],
        ),
    ],
)
def test_surplus_constraints_and_indexes_are_reported(run, sql, findings):
    run(sql)

    assert sorted(problems(connection)) == sorted(findings)


@pytest.mark.parametrize(
    ("index", "facts"),
    [
        ('(person_id, "at")', "index on (person_id, at) instead of index on (person_id, at DESC)"),
        ('("at" DESC, person_id)', "index on (at DESC, person_id) instead of index on (person_id, at DESC)"),
        (
            '(person_id, "at" DESC NULLS LAST)',
            "index on (person_id, at DESC NULLS LAST) instead of index on (person_id, at DESC)",
        ),
        (
            """(person_id, "at" DESC) WHERE kind = 'x'""",
            "index on (person_id, at DESC), of some rows only instead of index on (person_id, at DESC)",
        ),
    ],
    ids=str,
)
def test_an_index_in_another_order_differs(db, index, facts):
    if connection.vendor == "sqlite" and "NULLS" in index:
        pytest.skip("SQLite has no such order.")
    with connection.cursor() as cursor:
        cursor.execute("DROP INDEX security_event_of_person")
        cursor.execute(f"CREATE INDEX security_event_of_person ON accounts_securityevent {index}")

    assert list(problems(connection)) == [
        (ERROR, f"accounts_securityevent: index security_event_of_person differs: {facts}")
    ]


@pytest.mark.parametrize(
    ("sql", "text"),
    [
        (
            """DROP INDEX daily_log_date; CREATE INDEX daily_log_date ON logs_dailylog USING hash (date)""",
            "logs_dailylog: index daily_log_date differs: index on (date), hash instead of index on (date)",
        ),
        (
            """ALTER TABLE accounts_user DROP CONSTRAINT accounts_user_username_key;
               CREATE UNIQUE INDEX accounts_user_username_key ON accounts_user (username COLLATE "POSIX")""",
            "accounts_user: unique on (username) is missing",
        ),
    ],
)
def test_an_index_of_another_method_or_collation_differs(run, sql, text):
    run(sql)

    assert (ERROR, text) in list(problems(connection))


def test_a_former_type_is_accepted_until_its_migration_is_applied(run):
    run("ALTER TABLE logs_dailylog ALTER breakfast TYPE varchar(200)")
    assert list(problems(connection)) == [
        (ERROR, "logs_dailylog: column breakfast is character varying(200) instead of text")
    ]

    # The later migrations of logs are about other tables.
    run("DELETE FROM django_migrations WHERE app = 'logs' AND name = '0003_private_text'")
    assert list(problems(connection)) == []
    run("ALTER TABLE logs_dailylog ALTER lunch TYPE varchar(20)")
    assert list(problems(connection)) == [
        (ERROR, "logs_dailylog: column lunch is character varying(20) instead of text")
    ]


def test_sqlite_keeps_the_former_type(db):
    if connection.vendor != "sqlite":
        pytest.skip("PostgreSQL has the test above.")
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA writable_schema = ON")
        cursor.execute(
            """UPDATE sqlite_master SET sql = replace(sql, '"breakfast" text', '"breakfast" varchar(200)')"""
        )
        cursor.execute("PRAGMA writable_schema = RESET")

    assert list(problems(connection)) == []


@pytest.mark.parametrize(
    ("sql", "status", "text"),
    [
        ("ALTER TABLE logs_dose SET UNLOGGED", ERROR, "logs_dose is UNLOGGED: a crash empties it"),
        ("ALTER TABLE logs_dailylog DISABLE TRIGGER ALL", ERROR, "logs_dailylog: triggers are disabled, so that these"),
        ("SET LOCAL session_replication_role = replica", ERROR, "session_replication_role is replica: no foreign key"),
        (
            """CREATE FUNCTION nothing() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';
               CREATE TRIGGER refuse BEFORE INSERT ON logs_dose FOR EACH ROW EXECUTE FUNCTION nothing()""",
            WARNING,
            "logs_dose: trigger refuse is in no migration, and may change or refuse what is saved",
        ),
        (
            "ALTER TABLE logs_dose DISABLE TRIGGER logs_dose_fill_user",
            WARNING,
            "logs_dose: trigger logs_dose_fill_user is in no migration, and disabled",
        ),
        (
            "CREATE RULE keep AS ON DELETE TO logs_dose DO INSTEAD NOTHING",
            ERROR,
            "logs_dose: rule keep does something else instead of DELETE; DROP RULE keep ON logs_dose",
        ),
        (
            "CREATE RULE also AS ON UPDATE TO logs_dose DO ALSO NOTIFY changed",
            WARNING,
            "logs_dose: rule also is in no migration, and acts on each UPDATE",
        ),
        (
            "ALTER TABLE logs_dose SET (autovacuum_enabled = false)",
            WARNING,
            "logs_dose is excluded from autovacuum: it grows, and its statistics become outdated; "
            "ALTER TABLE logs_dose RESET (autovacuum_enabled)",
        ),
        (
            """INSERT INTO auth_group (id, name) VALUES (7, 'seven')""",
            ERROR,
            "auth_group: the next id would be 1, but rows exist up to 7: new rows are refused; SELECT setval(",
        ),
        (
            "SELECT setval(pg_get_serial_sequence('auth_group', 'id'), 2147483000)",
            WARNING,
            "auth_group: nine tenths of the numbers for id are used",
        ),
    ],
)
def test_integrity_problems_are_reported(run, sql, status, text):
    def findings():
        return list(integrity.problems(connection, expected_tables(connection)))

    run("SELECT")
    before = findings()
    run("SELECT setval(pg_get_serial_sequence('auth_group', 'id'), 1, false)")
    assert before == []

    run(sql)

    [(found, sentence)] = findings()
    assert (found, sentence[: len(text)]) == (status, text)


def test_a_condition_on_unknown_columns_differs(run):
    run("""ALTER TABLE logs_dose ADD spoon integer;
           ALTER TABLE logs_dose DROP CONSTRAINT dose_amount_positive,
               ADD CONSTRAINT dose_amount_positive CHECK (spoon > 0)""")

    assert [(status, text.split(", while")[0]) for status, text in problems(connection)] == [
        (WARNING, "logs_dose: column spoon is in no migration"),
        (WARNING, "logs_dose: check dose_amount_positive is ((spoon > 0))"),
    ]


def test_a_condition_of_an_earlier_migration_differs(run):
    """As after `migrate accounts 0012 --fake`. Name and kind of the constraint are right."""
    run("""ALTER TABLE accounts_securityevent DROP CONSTRAINT security_event_kind_known,
               ADD CONSTRAINT security_event_kind_known CHECK (kind IN ('signed_in', 'signed_out'))""")

    [(status, text)] = problems(connection)

    assert status == WARNING
    assert text.startswith("accounts_securityevent: check security_event_kind_known is ")


def test_a_condition_is_equal_after_a_restore(run):
    """A restored backup has gone through PostgreSQL's rewriting twice, and reads differently."""

    def definition() -> str:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = 'user_theme_known'")
            return cursor.fetchone()[0]

    run("SELECT")
    before = definition()
    run(f"ALTER TABLE accounts_user DROP CONSTRAINT user_theme_known, ADD CONSTRAINT user_theme_known {before}")

    assert before != definition()
    assert list(problems(connection)) == []


def test_an_unnamed_index_may_have_any_name(run):
    run("ALTER INDEX logs_dose_daily_log_id_a22c9a95 RENAME TO doses_of_a_day")

    assert list(problems(connection)) == []


def test_differences_on_sqlite(db):
    if connection.vendor != "sqlite":
        pytest.skip("PostgreSQL has the tests above.")
    with connection.cursor() as cursor:
        cursor.execute("DROP INDEX daily_log_date")
        cursor.execute("ALTER TABLE logs_dose RENAME COLUMN unit TO entity")
        cursor.execute("DROP TABLE reflections_weeklyreflection")

    assert list(problems(connection)) == [
        (ERROR, "logs_dailylog: index daily_log_date is missing"),
        (ERROR, "logs_dose: column unit is missing"),
        (WARNING, "logs_dose: column entity is in no migration"),
        (ERROR, "table reflections_weeklyreflection is missing"),
    ]


@pytest.mark.parametrize(
    ("sql", "text"),
    [
        (
            "DROP INDEX daily_log_date; CREATE INDEX daily_log_date ON logs_dailylog (user_id)",
            "index daily_log_date differs: index on (user_id) instead of index on (date)",
        ),
        (
            "DROP INDEX daily_log_date; CREATE UNIQUE INDEX daily_log_date ON logs_dailylog (date)",
            "index daily_log_date differs: unique on (date) instead of index on (date)",
        ),
        (
            "DROP INDEX daily_log_date; CREATE INDEX daily_log_date ON logs_dailylog (date) WHERE date > '2026-01-01'",
            "index daily_log_date differs: index on (date), of some rows only instead of index on (date)",
        ),
    ],
)
def test_another_index_with_the_expected_name_differs(db, sql, text):
    with connection.cursor() as cursor:
        for statement in sql.split(";"):
            cursor.execute(statement)

    assert list(problems(connection)) == [(ERROR, f"logs_dailylog: {text}")]


@pytest.mark.thorough_on_sqlite
@pytest.mark.django_db(transaction=True)
def test_a_migration_that_was_not_applied_is_not_expected():
    call_command("migrate", "logs", "0001", verbosity=0)
    try:
        assert "index on (user_id)" in {
            str(constraint) for constraint in expected_tables(connection)["logs_dailylog"].constraints
        }
        assert list(problems(connection)) == []
    finally:
        call_command("migrate", verbosity=0)
