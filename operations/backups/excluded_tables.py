"""Tables whose rows are excluded from backups. An archive contains the tables themselves, empty."""

# By table, with the reason. A database with the schema of an older release may lack some of them.
EXCLUDED_TABLES = {
    "accounts_session": "logins with browsers and times; after a restore people log in again",
    "accounts_knownbrowser": "browsers seen before; they are recognized again after the next login",
    "accounts_throttle": "login attempts of the last minutes",
    "insights_reportlink": "links to reports; one that was ended since must not work again",
    "insights_reportopening": "when those links were opened",
    "reminders_delivery": "reminders of the last month; one that waited then may have been sent since",
    "reminders_senderstate": "when reminders were last looked for",
    "operations_backup": "records of this database's backups; a restored database has none until its first backup",
}
