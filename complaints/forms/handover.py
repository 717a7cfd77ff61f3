"""Who takes over somebody's work."""

from typing import Any

from django import forms
from django.db.models import Count
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.models import Membership, Team, User
from accounts.rules import roles_with
from complaints.models import Complaint


class HandOverForm(forms.Form):
    """A person, a team, or both; all open complaints or the chosen ones."""

    owner = forms.ModelChoiceField(
        User.objects.none(),
        label=_("New owner"),
        required=False,
        empty_label=_("nobody yet: the team's queue"),
    )
    team = forms.ModelChoiceField(
        Team.objects.filter(active=True),
        label=_("Team"),
        required=False,
        empty_label=_("stays as it is"),
    )
    note = forms.CharField(
        label=_("A word to the new owner"),
        required=False,
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 2}),
    )

    def __init__(self, *args: Any, person: User, **kwargs: Any) -> None:
        """Offer those who work on complaints, with how much each has on the desk."""
        super().__init__(*args, **kwargs)
        self.person = person
        working = Membership.objects.filter(role__in=roles_with("complaints.assign_self"))
        able = User.objects.filter(
            pk__in=working.values("user"), is_active=True, leaves_on__isnull=True
        ).exclude(pk=person.pk)
        counts = dict(
            Complaint.objects.filter(owner__in=able, is_open=True)
            .values_list("owner")
            .annotate(Count("pk"))
            .order_by()
        )
        field: Any = self.fields["owner"]
        field.queryset = able.order_by("display_name", "username")
        field.label_from_instance = lambda one: (
            gettext("%(name)s (%(count)s open)")
            % {
                "name": one,
                "count": counts.get(one.pk, 0),
            }
        )

    @property
    def chosen_ids(self) -> list[int] | None:
        """Return the chosen complaints, or None for all."""
        if self.data.get("which") != "chosen":
            return None
        getlist = getattr(self.data, "getlist", None)
        given = getlist("complaint") if getlist else self.data.get("complaint", [])
        known = set(self.person.complaints_owned.values_list("pk", flat=True))
        return [pk for pk in known if str(pk) in given]
