"""The public page about what this server stores, and what it sends to other machines."""

import os

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts.models import SecurityEvent
from operations.database.maintain import SECURITY_EVENTS_KEPT
from operations.outbound_connections import outbound_connections
from reminders.models import Delivery

DAY = 24 * 60 * 60


@login_not_required
@require_safe
def privacy(request):
    context = {
        "connections": outbound_connections(settings, os.environ),
        "idle_days": settings.SESSION_IDLE_AGE // DAY,
        "session_days": settings.SESSION_COOKIE_AGE // DAY,
        "events_shown_days": SecurityEvent.SHOWN_FOR.days,
        "events_kept_days": SECURITY_EVENTS_KEPT.days,
        "reminders_kept_days": Delivery.KEPT_FOR.days,
    }
    return render(request, "operations/privacy.html", context)
