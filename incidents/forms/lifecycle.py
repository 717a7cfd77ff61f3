"""What the steps of an incident itself take in."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.models import Site, User
from accounts.rules import roles_with
from complaints.models import Category
from complaints.states import Severity
from incidents.forms.base import ActForm, area, day, text
from incidents.querysets import MANAGE
from incidents.services.lifecycle import Scope


def commanders() -> "list[tuple[str, str]]":
    """Return who may command an incident, by name."""
    able = User.objects.filter(is_active=True, memberships__role__in=roles_with(MANAGE)).distinct()
    return [("", "–"), *sorted(((str(u.pk), str(u)) for u in able), key=lambda pair: pair[1])]


def sites() -> "list[tuple[str, str]]":
    """Return the sites an incident may belong to."""
    found = Site.objects.filter(active=True).order_by("code")
    return [("", str(_("All sites"))), *((str(site.pk), str(site)) for site in found)]


class ScopeFields(forms.Form):
    """What an incident is about."""

    title = forms.CharField(label=_("Title"), max_length=200, required=False)
    hypothesis = forms.CharField(
        label=_("What the common cause is thought to be"), widget=area(3), required=False
    )
    severity = forms.ChoiceField(label=_("Severity"), choices=Severity)
    commander = forms.ChoiceField(label=_("In command"), choices=commanders, required=False)
    product = forms.CharField(label=_("Product or service"), max_length=200, required=False)
    category = forms.ModelChoiceField(
        Category.objects.filter(active=True).order_by("code"),
        label=_("Category"),
        required=False,
        empty_label="–",
    )
    site = forms.ChoiceField(label=_("Site"), choices=sites, required=False)
    batches = forms.CharField(
        label=_("Batches, orders or other marks"), max_length=300, required=False
    )
    period_from = day(_("From"))
    period_to = day(_("Until"))
    affected_estimate = forms.IntegerField(
        label=_("Customers affected, estimated"),
        min_value=0,
        max_value=2_000_000_000,
        required=False,
    )

    @property
    def scope(self) -> Scope:
        """Return what was typed, as the verbs take it."""
        given: dict[str, Any] = self.cleaned_data
        names = ("title", "hypothesis", "severity", "product", "batches", "category")
        days = ("period_from", "period_to", "affected_estimate")
        return Scope(
            **{name: given[name] for name in (*names, *days)},
            commander=User.objects.filter(pk=given["commander"] or 0).first(),
            site=Site.objects.filter(pk=given["site"] or 0).first(),
        )


class OpenForm(ScopeFields):
    """A new incident."""


class ChangeForm(ActForm, ScopeFields):
    """What an incident is about, changed."""

    def first(self) -> dict[str, Any]:
        """Show what stands."""
        incident = self.incident
        shown = {name: getattr(incident, name) for name in ScopeFields.base_fields}
        return {**shown, "commander": incident.commander_id, "site": incident.site_id or ""}


class ContainForm(ActForm):
    """How it is contained."""

    how = text(_("What was done so that nobody else is harmed"), rows=4)


class ResolveForm(ActForm):
    """How it was resolved."""

    how = text(_("How the cause was dealt with"), rows=4)


class CloseForm(ActForm):
    """What was learnt."""

    lessons = text(_("What was learnt"), rows=4)
