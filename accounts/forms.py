"""What the people pages take in: parsing and checks of fields, nothing is decided here."""

from typing import Any

from allauth.account import forms as account
from allauth.mfa.base import forms as mfa
from allauth.mfa.totp import forms as totp
from allauth.mfa.webauthn import forms as webauthn
from django import forms
from django.conf import settings
from django.contrib.auth.password_validation import (
    password_validators_help_text_html,
    validate_password,
)
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from accounts.models import Membership, Site, Team, User
from accounts.rules import NEVER_BY_HAND, ONLY_EVERYWHERE
from accounts.states import Role


def _day_widget() -> forms.DateInput:
    return forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")


def _moment_widget() -> forms.DateTimeInput:
    return forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")


_LANGUAGES = [("", _("As in the browser")), *settings.LANGUAGES]


class SearchForm(forms.Form):
    """Which people to list."""

    q = forms.CharField(label=_("Name or address"), required=False, max_length=100)
    role = forms.ChoiceField(
        label=_("Role"), required=False, choices=[("", _("Any role")), *Role.choices]
    )
    state = forms.ChoiceField(
        label=_("Account"),
        required=False,
        choices=[
            ("", _("All")),
            ("active", _("Active")),
            ("leaving", _("Leaving")),
            ("inactive", _("Deactivated")),
        ],
    )
    after = forms.CharField(required=False, max_length=150, widget=forms.HiddenInput)


class PersonForm(forms.Form):
    """What is known of a person."""

    display_name = forms.CharField(
        label=_("Name"),
        max_length=120,
        help_text=_("As colleagues and complainants read it."),
    )
    email = forms.EmailField(label=_("E-mail"), required=False, max_length=254)
    language = forms.ChoiceField(
        label=_("Language"),
        required=False,
        choices=[("", _("As in the browser")), *settings.LANGUAGES],
    )


class NewPersonForm(PersonForm):
    """A person to be: the same, and the name to sign in with."""

    username = forms.CharField(
        label=_("User name"),
        max_length=150,
        validators=[User.username_validator],
        help_text=_("For signing in. Letters, digits and @ . + - _; it cannot be changed later."),
    )
    field_order = ("username", "display_name", "email", "language")

    def clean_username(self) -> str:
        """Refuse a name that is taken, whatever its case."""
        username: str = User.normalize_username(self.cleaned_data["username"])
        if User.objects.filter(username__iexact=username).exists():
            raise forms.ValidationError(_("Somebody has this user name already."))
        return username


class RoleForm(forms.Form):
    """A role to give, everywhere or at one place."""

    role = forms.ChoiceField(
        label=_("Role"), choices=[r for r in Role.choices if r[0] not in NEVER_BY_HAND]
    )
    site = forms.ModelChoiceField(
        Site.objects.filter(active=True),
        label=_("Site"),
        required=False,
        empty_label=_("All sites"),
    )
    team = forms.ModelChoiceField(
        Team.objects.filter(active=True),
        label=_("Team"),
        required=False,
        empty_label=_("All teams"),
    )

    def clean(self) -> dict[str, Any]:
        """Refuse a place for a role that has none."""
        data = super().clean() or {}
        if data.get("role") in ONLY_EVERYWHERE and (data.get("site") or data.get("team")):
            self.add_error(
                "role",
                _("An administrator is one for the whole organisation: leave site and team empty."),
            )
        return data


class ProfileForm(forms.Form):
    """What people may change of themselves."""

    display_name = forms.CharField(label=_("Name"), max_length=120)
    language = forms.ChoiceField(
        label=_("Language"),
        required=False,
        choices=[("", _("As in the browser")), *settings.LANGUAGES],
    )


class PlaceForm(forms.Form):
    """A site or a team, in both languages."""

    name_en = forms.CharField(label=_("Name (English)"), max_length=120)
    name_zh = forms.CharField(label=_("Name (Chinese)"), max_length=120)
    active = forms.BooleanField(
        label=_("In use"),
        required=False,
        help_text=_("Out of use it keeps its complaints, but cannot be chosen for new ones."),
    )


class NewPlaceForm(forms.Form):
    """A site or a team to be. `taken` are the codes that exist."""

    code = forms.SlugField(
        label=_("Code"),
        max_length=50,
        help_text=_("Short, for files and links. Letters, digits and - _; never changed later."),
    )
    name_en = forms.CharField(label=_("Name (English)"), max_length=120)
    name_zh = forms.CharField(label=_("Name (Chinese)"), max_length=120)

    def __init__(self, *args: Any, kind: type[Site | Team], **kwargs: Any) -> None:
        """Remember what kind of place it is."""
        super().__init__(*args, **kwargs)
        self.kind = kind

    def clean_code(self) -> str:
        """Refuse a code that is taken."""
        code: str = self.cleaned_data["code"]
        if self.kind._default_manager.filter(code=code).exists():
            raise forms.ValidationError(_("This code is taken."))
        return code


class MoveForm(RoleForm):
    """Another place or role from a day on, in the place of one that the person has."""

    leaves = forms.ModelChoiceField(
        Membership.objects.none(),
        label=_("In the place of"),
        required=False,
        empty_label=_("nothing: in addition"),
    )
    on = forms.DateField(label=_("From"), widget=_day_widget())
    field_order = ("leaves", "role", "site", "team", "on")

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        """Offer the roles that the person has."""
        kwargs.setdefault("prefix", "move")
        super().__init__(*args, **kwargs)
        field: Any = self.fields["leaves"]
        field.queryset = user.memberships.select_related("site", "team")


class LeavingForm(forms.Form):
    """The first day on which somebody is out; empty: they stay."""

    leaves_on = forms.DateField(
        label=_("Out from"),
        required=False,
        widget=_day_widget(),
        help_text=_(
            "From this day on nobody signs in with the account. Managers are told now what to hand"
            " over; what is left then goes back to the teams. Leave it empty for whoever stays."
        ),
    )


class AbsenceForm(forms.Form):
    """Who is away, when, and who stands in."""

    person = forms.ModelChoiceField(User.objects.none(), label=_("Who is away?"), required=False)
    deputy = forms.ModelChoiceField(
        User.objects.none(),
        label=_("Who stands in?"),
        required=False,
        empty_label=_("nobody"),
        help_text=_(
            "They see this person's queue and may do there what both may. Everything they do is"
            " shown as done for this person."
        ),
    )
    starts_at = forms.DateTimeField(label=_("From"), widget=_moment_widget())
    ends_at = forms.DateTimeField(label=_("Until"), widget=_moment_widget())
    note = forms.CharField(label=_("Note"), required=False, max_length=200)

    def __init__(self, *args: Any, actor: User, people: QuerySet[User], **kwargs: Any) -> None:
        """Offer oneself first, then people in one's charge; anybody at work may stand in."""
        kwargs.setdefault("initial", {"person": actor.pk})
        super().__init__(*args, **kwargs)
        fields: Any = self.fields
        self.actor = actor
        fields["person"].empty_label = None  # whoever asks stands there already
        fields["person"].queryset = people
        fields["deputy"].queryset = User.objects.filter(
            is_active=True,
            is_system=False,
            is_client=False,
            leaves_on__isnull=True,
            memberships__isnull=False,
        ).distinct()

    def clean_person(self) -> User:
        """Take whoever names nobody to mean themselves."""
        return self.cleaned_data["person"] or self.actor


class FirstPasswordForm(forms.Form):
    """A first password, twice."""

    password1 = forms.CharField(
        label=_("New password"),
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password", "autofocus": True}),
        help_text=password_validators_help_text_html(),
    )
    password2 = forms.CharField(
        label=_("New password once more"),
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        """Remember whose it will be: a password must not resemble its owner's name."""
        super().__init__(*args, **kwargs)
        self.user = user

    def clean(self) -> dict[str, Any]:
        """Refuse two that differ, and weak ones."""
        data = super().clean() or {}
        first, second = data.get("password1"), data.get("password2")
        if first and second and first != second:
            self.add_error("password2", _("The two passwords differ."))
        elif first:
            try:
                validate_password(first, self.user)
            except forms.ValidationError as error:
                self.add_error("password1", error)
        return data


# --- allauth's forms in our words (settings ACCOUNT_FORMS and MFA_FORMS) --------------------------


class SignInForm(account.LoginForm):  # type: ignore[misc]
    """User name and password."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Say it in our words; begin in the first field."""
        super().__init__(*args, **kwargs)
        _say(self, login=_("User name"), password=_("Password"))
        self.fields["login"].widget.attrs |= {"autofocus": True, "autocapitalize": "none"}


class ConfirmPasswordForm(account.ReauthenticateForm):  # type: ignore[misc]
    """The password once more, before something delicate."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Say it in our words."""
        super().__init__(*args, **kwargs)
        _say(self, password=_("Password"))


class ChangePasswordForm(account.ChangePasswordForm):  # type: ignore[misc]
    """A new password in the place of the present one."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Say it in our words."""
        super().__init__(*args, **kwargs)
        _say(
            self,
            oldpassword=_("Present password"),
            password1=_("New password"),
            password2=_("New password once more"),
        )


class CodeForm(mfa.AuthenticateForm):  # type: ignore[misc]
    """The code of the second factor."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Say it in our words; phones show digits first."""
        super().__init__(*args, **kwargs)
        _say(self, code=_("One-time code"))
        self.fields["code"].widget.attrs |= {"autofocus": True, "inputmode": "numeric"}


class ConfirmCodeForm(mfa.ReauthenticateForm):  # type: ignore[misc]
    """The code once more, before something delicate."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Say it in our words; phones show digits first."""
        super().__init__(*args, **kwargs)
        _say(self, code=_("One-time code"))
        self.fields["code"].widget.attrs |= {"autofocus": True, "inputmode": "numeric"}


class FirstCodeForm(totp.ActivateTOTPForm):  # type: ignore[misc]
    """The first code of a new authenticator app."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Say it in our words; phones show digits first."""
        super().__init__(*args, **kwargs)
        _say(self, code=_("One-time code that the app shows"))
        self.fields["code"].widget.attrs |= {"inputmode": "numeric"}


class PasskeyForm(webauthn.AddWebAuthnForm):  # type: ignore[misc]
    """A new passkey and its name; each one is made to sign in alone."""

    passwordless = None

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Say it in our words."""
        super().__init__(*args, **kwargs)
        _say(self, name=_("Name of the passkey"))


class PasskeyNameForm(webauthn.EditWebAuthnForm):  # type: ignore[misc]
    """Another name for a passkey."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Say it in our words."""
        super().__init__(*args, **kwargs)
        _say(self, name=_("Name of the passkey"))


def _say(form: forms.Form, **labels: Any) -> None:
    """Give fields our labels, and no placeholder that repeats them."""
    for name, label in labels.items():
        form.fields[name].label = label
        form.fields[name].widget.attrs.pop("placeholder", None)
