"""Forms that add a channel."""

from django import forms

from reminders.models import Channel


class ChannelForm(forms.Form):
    """Adds a channel of one kind for the person of the request. Subclasses have the fields, and save()."""

    # The kind: several forms of one page have fields of the same name.
    prefix: str

    def __init__(self, data=None, *, request):
        super().__init__(data)
        self.request, self.person = request, request.user

    def save(self) -> Channel:
        """Store the channel. Raises TooManyChannels."""
        raise NotImplementedError
