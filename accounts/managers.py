from django.contrib.auth.models import UserManager as DjangoUserManager


class UserManager(DjangoUserManager):
    def get_by_natural_key(self, username):
        """Find a person however they capitalise their name today."""
        return self.get(username_key=self.model.key_of(username))
