"""What no backup holds: the rows of these tables. The tables themselves are in it, empty."""

# By table, with the reason. A database may lack some of them: those of newer or older releases.
LEFT_OUT = {
    "accounts_session": "who is logged in where, with browsers and times; after a restore people log in once more",
    "accounts_knownbrowser": "which browsers are known: they prove themselves again when people log in",
    "accounts_throttle": "tries to log in, of the last minutes",
    "django_session": "Django's sessions, from before accounts_session",
    "operations_backup": "which backups there are of this database; a restored one has none until the next",
}
