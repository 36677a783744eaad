"""The page of help: a person's own plan, and the help lines that the operator lists."""

import datetime
import re
from collections.abc import Iterable
from urllib.parse import urlsplit

from django.conf import settings
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext, gettext_lazy as _

from logs.fields import NoteField
from logs.questions import questions_on
from support.countries import EU, IN_THE_EU, names, validate_country


class SupportPlan(models.Model):
    """What a person wrote for hard moments. A plan without a text is not kept."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="support_plan", verbose_name=_("person")
    )
    # blank=False: asked first, not folded away. Both may be left empty.
    plan = NoteField(
        _("My plan"),
        blank=False,
        help_text=_("What has carried you through before: what to do first, where to go, what to put out of reach."),
    )
    people = NoteField(
        _("My people"), blank=False, help_text=_("Who you can call or write to, with their numbers. One a line.")
    )
    created_at = models.DateTimeField(_("created"), auto_now_add=True)
    updated_at = models.DateTimeField(_("last changed"), auto_now=True)

    texts_belong_to = ("user_id",)

    class Meta:
        verbose_name = _("plan for hard moments")
        verbose_name_plural = _("plans for hard moments")

    def __str__(self):
        """Without its text: this is what logs and error reports call a row."""
        return gettext("plan %(number)s") % {"number": self.pk}

    @classmethod
    def of(cls, person, *, lock: bool = False) -> "SupportPlan":
        """The person's plan, or an unsaved one. One query."""
        rows = cls.objects.select_for_update() if lock else cls.objects
        return rows.filter(user=person).first() or cls(user=person)

    @property
    def is_empty(self) -> bool:
        return self.plan is None and self.people is None


PLAN_QUESTIONS = questions_on([SupportPlan._meta.get_field(name) for name in ("plan", "people")])

NUMBER = RegexValidator(r"^\+?[0-9][0-9 ]*$", _("Write digits, with spaces between them if you like."))


class HelpLineQuerySet(models.QuerySet):
    def unchecked(self, now: datetime.datetime):
        """Those that were never checked, then those that were last checked too long ago, the oldest first."""
        too_old = Q(checked_on__lt=now.date() - HelpLine.CHECKED_EVERY)
        return self.filter(too_old | Q(checked_on=None)).order_by(F("checked_on").asc(nulls_first=True), "pk")


class HelpLine(models.Model):
    """A line that people can call or write to, in one country. Edited by staff; belongs to no person."""

    CHECKED_EVERY = datetime.timedelta(days=180)

    country = models.CharField(_("country"), max_length=2, validators=[validate_country])
    name = models.CharField(_("name"), max_length=100)
    is_emergency = models.BooleanField(_("emergency number"), default=False, help_text=_("Shown first."))
    phone = models.CharField(_("number to call"), max_length=30, blank=True, validators=[NUMBER])
    text_number = models.CharField(_("number to text"), max_length=30, blank=True, validators=[NUMBER])
    text_word = models.CharField(_("word to text"), max_length=20, blank=True, help_text=_("Such as SHOUT."))
    website = models.URLField(_("web address"), blank=True)
    hours = models.CharField(_("hours"), max_length=100, blank=True)
    languages = models.CharField(_("languages"), max_length=100, blank=True)
    # Empty for the lines that are shipped: each operator checks them.
    checked_on = models.DateField(
        _("checked on"), null=True, blank=True, help_text=_("When it was last seen to work as written here.")
    )
    source = models.URLField(_("source"), help_text=_("Where the line itself says so."))

    objects = HelpLineQuerySet.as_manager()

    class Meta:
        verbose_name = _("help line")
        verbose_name_plural = _("help lines")
        ordering = ["country", "-is_emergency", "name", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=~Q(phone="", text_number="", website=""),
                name="help_line_reachable",
                violation_error_message=_("Say how to reach it: a number to call or to text, or a web address."),
            ),
        ]

    def __str__(self):
        return f"{self.name} ({self.country_name})"

    @property
    def country_name(self) -> str:
        return str(names().get(self.country, self.country))

    @property
    def text_address(self) -> str:
        """With the word to send, for programs that fill it in (RFC 5724)."""
        words = f"?body={self.text_word}" if re.fullmatch(r"\w+", self.text_word, re.ASCII) else ""
        return f"sms:{without_spaces(self.text_number)}{words}"

    @property
    def ways(self) -> list[tuple[str, str]]:
        """The address of each way to reach it, and what to do in words. The first is the main one."""
        found = []
        if self.phone:
            text = gettext("Call %(number)s") % {"number": self.phone}
            found.append((f"tel:{without_spaces(self.phone)}", text))
        if self.text_number:
            text = gettext("Text %(word)s to %(number)s") if self.text_word else gettext("Text %(number)s")
            found.append((self.text_address, text % {"word": self.text_word, "number": self.text_number}))
        if self.website:
            found.append((self.website, urlsplit(self.website).hostname or self.website))
        return found

    def is_in(self, country: str | None) -> bool:
        """Whether it can be reached in a country."""
        return self.country == country or (self.country == EU and country in IN_THE_EU)


def without_spaces(number: str) -> str:
    return "".join(number.split())


def countries_of(lines: Iterable[HelpLine]) -> list[str]:
    """The codes of the countries in which there are lines, by their names."""
    own = {line.country for line in lines}
    found = (own - {EU}) | (IN_THE_EU if EU in own else set())
    return sorted(found, key=names().get)


def unchecked_lines() -> list[HelpLine]:
    """The lines that are to be checked again. One query."""
    return list(HelpLine.objects.unchecked(timezone.now()))
