"""The public page that says what this server keeps, and what leaves it."""

import os

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts.models import SecurityEvent
from operations.database.maintain import SECURITY_EVENTS_KEPT
from operations.outbound_connections import outbound_connections

A_DAY = 24 * 60 * 60


@login_not_required
@require_safe
def privacy(request):
    context = {
        "connections": outbound_connections(settings, os.environ),
        "idle_days": settings.SESSION_IDLE_AGE // A_DAY,
        "session_days": settings.SESSION_COOKIE_AGE // A_DAY,
        "events_shown_days": SecurityEvent.SHOWN_FOR.days,
        "events_kept_days": SECURITY_EVENTS_KEPT.days,
    }
    return render(request, "operations/privacy.html", context)
