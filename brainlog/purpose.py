"""The purpose of Brain Log in one sentence, for pages, the report and the README (brainlog/tests/test_purpose.py)."""

from django.utils.translation import gettext_lazy as _

PURPOSE = _("A private log you can show to the people who treat you.")
