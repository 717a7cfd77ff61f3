"""Addresses of the people pages, and those of allauth's pages that are open here.

Sign-up, password reset by mail and the pages for e-mail addresses have no address: accounts and
passwords are given by an administrator.
"""

from allauth.account import views as account
from allauth.mfa.recovery_codes import views as recovery_codes
from allauth.usersessions import views as usersessions
from django.urls import path

from accounts.views import (
    absences,
    joining,
    life_cycle,
    own,
    passkeys,
    people,
    places,
    sign_in,
    single_sign_on,
)

app_name = "accounts"
urlpatterns = [
    path("people/", people.people, name="people"),
    path("people/add/", people.add_person, name="add_person"),
    path("people/<int:pk>/", people.person, name="person"),
    path("people/<int:pk>/roles/", people.grant_role, name="grant_role"),
    path("people/<int:pk>/roles/<int:membership>/revoke/", people.revoke_role, name="revoke_role"),
    path("people/<int:pk>/deactivate/", people.deactivate, name="deactivate"),
    path("people/<int:pk>/reactivate/", people.reactivate, name="reactivate"),
    path("people/<int:pk>/reset-password/", people.reset_password, name="reset_password"),
    path(
        "people/<int:pk>/remove-second-factor/",
        people.remove_second_factor,
        name="remove_second_factor",
    ),
    path("people/<int:pk>/end-sessions/", people.end_sessions, name="end_sessions"),
    path("people/<int:pk>/invite/", life_cycle.invite, name="invite"),
    path("people/<int:pk>/move/", life_cycle.move, name="move"),
    path("people/<int:pk>/move/<int:move>/drop/", life_cycle.drop_move, name="drop_move"),
    path("people/<int:pk>/leaving/", life_cycle.leaving, name="leaving"),
    path("people/sites/", places.sites, name="sites"),
    path("people/sites/<slug:code>/", places.site, name="site"),
    path("people/teams/", places.teams, name="teams"),
    path("people/teams/<slug:code>/", places.team, name="team"),
    path("me/", own.profile, name="profile"),
    path("absences/", absences.absences, name="absences"),
    path("absences/<int:pk>/end/", absences.end_absence, name="end_absence"),
    path("invitation/<str:secret>/", joining.invitation, name="invitation"),
    path("language/", own.language, name="language"),
]

sign_in_patterns = [
    path("login/", sign_in.SignIn.as_view(), name="account_login"),
    path("logout/", account.logout, name="account_logout"),
    path("inactive/", account.account_inactive, name="account_inactive"),
    path("reauthenticate/", account.reauthenticate, name="account_reauthenticate"),
    path("password/change/", sign_in.ChangePassword.as_view(), name="account_change_password"),
    path("2fa/", sign_in.SecondFactors.as_view(), name="mfa_index"),
    path("2fa/authenticate/", sign_in.AskSecondFactor.as_view(), name="mfa_authenticate"),
    path("2fa/reauthenticate/", sign_in.AskSecondFactorAgain.as_view(), name="mfa_reauthenticate"),
    path("2fa/totp/activate/", sign_in.SetUpSecondFactor.as_view(), name="mfa_activate_totp"),
    path("2fa/totp/deactivate/", sign_in.RemoveSecondFactor.as_view(), name="mfa_deactivate_totp"),
    path(
        "2fa/recovery-codes/",
        recovery_codes.view_recovery_codes,
        name="mfa_view_recovery_codes",
    ),
    path(
        "2fa/recovery-codes/generate/",
        sign_in.MakeRecoveryCodes.as_view(),
        name="mfa_generate_recovery_codes",
    ),
    path(
        "2fa/recovery-codes/download/",
        recovery_codes.download_recovery_codes,
        name="mfa_download_recovery_codes",
    ),
    path("2fa/passkeys/add/", passkeys.AddPasskey.as_view(), name="mfa_add_webauthn"),
    path("2fa/passkeys/sign-in/", passkeys.SignInWithPasskey.as_view(), name="mfa_login_webauthn"),
    path(
        "2fa/passkeys/again/", passkeys.PasskeyAgain.as_view(), name="mfa_reauthenticate_webauthn"
    ),
    path(
        "2fa/passkeys/<int:pk>/rename/", passkeys.RenamePasskey.as_view(), name="mfa_edit_webauthn"
    ),
    path(
        "2fa/passkeys/<int:pk>/remove/",
        passkeys.RemovePasskey.as_view(),
        name="mfa_remove_webauthn",
    ),
    path("single-sign-on/", single_sign_on.begin, name="single_sign_on"),
    path("single-sign-on/tie/", single_sign_on.tie, name="single_sign_on_tie"),
    path("single-sign-on/untie/", single_sign_on.untie, name="single_sign_on_untie"),
    # allauth finds the way back by this name
    path(
        "single-sign-on/<slug:provider_id>/callback/",
        single_sign_on.callback,
        name="openid_connect_callback",
    ),
    path("sessions/", usersessions.list_usersessions, name="usersessions_list"),
]
