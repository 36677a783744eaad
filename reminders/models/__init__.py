from reminders.models.channels import Channel
from reminders.models.deliveries import Delivery
from reminders.models.feeds import Feed
from reminders.models.plans import Plan
from reminders.models.sender_state import SenderState

__all__ = ["Channel", "Delivery", "Feed", "Plan", "SenderState"]
