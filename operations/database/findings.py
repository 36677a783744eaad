"""The statuses of findings. A finding is a pair: its status, and a sentence for the operator."""

OK, WARNING, ERROR = "ok", "warning", "error"

Finding = tuple[str, str]
