"""Which logger writes what, and where: the setting LOGGING."""

FORMATTERS = {"json": "operations.log_formatters.JsonFormatter", "text": "operations.log_formatters.TextFormatter"}


def logging_settings(log_format: str, level: str, *, is_debug: bool, mails_errors: bool) -> dict:
    """The setting LOGGING. `mails_errors`: whether there are addresses that server errors are mailed to."""
    loggers = {
        # Without Django's own handlers, which would log everything a second time.
        "django": {"handlers": []},
        # Mails about bugs. Database errors are logged elsewhere, so that no request also waits for a mail server.
        "django.request": {"handlers": ["mail"] if mails_errors else []},
        # gunicorn's lines get the format of all others; its own contains paths.
        "gunicorn.error": {"handlers": [], "propagate": True},
        # The pool also logs, with host and user, what brainlog.error_pages logs in one line.
        "psycopg.pool": {"level": "ERROR"},
    }
    if not is_debug:
        # These log parameters and paths, so they stay off at any level.
        loggers |= {"django.db.backends": {"level": "INFO"}, "django.server": {"level": "CRITICAL"}}
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"line": {"()": FORMATTERS[log_format], "reveal": is_debug}},
        "handlers": {
            "console": {"class": "logging.StreamHandler", "formatter": "line"},
            "mail": {"class": "operations.log_formatters.PrivateEmailHandler", "level": "ERROR", "formatter": "line"},
        },
        "root": {"handlers": ["console"], "level": level},
        "loggers": loggers,
    }
