from django.conf import settings
from django.db import models


class Row(models.Model):
    """A row of 50 columns: its key, its owner, and 24 numbers and 24 texts that are added below."""

    owner = models.OneToOneField(settings.AUTH_USER_MODEL, models.CASCADE)

    def __str__(self):
        return str(self.pk)


for number in range(1, 25):
    Row.add_to_class(f"number_{number}", models.SmallIntegerField(default=number))
    Row.add_to_class(f"text_{number}", models.TextField(default=f"What number {number} says"))
