"""Tables whose rows are excluded from backups. An archive contains the tables themselves, empty."""

# By table, with the reason. A database may lack some of them: they belong to newer or older releases.
EXCLUDED_TABLES = {
    "accounts_session": "logins with browsers and times; after a restore people log in again",
    "accounts_knownbrowser": "browsers seen before; they are recognized again after the next login",
    "accounts_throttle": "login attempts of the last minutes",
    "django_session": "Django's sessions, used before accounts_session",
    "operations_backup": "records of this database's backups; a restored database has none until its first backup",
}
