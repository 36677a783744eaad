from django.apps import AppConfig
from django.core.signals import got_request_exception, request_finished
from django.db.backends.signals import connection_created
from django.utils.translation import gettext_lazy as _


class OperationsConfig(AppConfig):
    name = "operations"
    verbose_name = _("Operations")

    def ready(self):
        from operations import checks, instrumentation, metrics  # noqa: F401

        connection_created.connect(instrumentation.instrument_connection)
        got_request_exception.connect(instrumentation.count_exception)
        request_finished.connect(metrics.record_pools)
