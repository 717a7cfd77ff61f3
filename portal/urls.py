"""Addresses of the complainants' side."""

from django.urls import URLPattern, path

from portal.views import complain, desk, outsider, shop, status

app_name = "portal"
urlpatterns: list[URLPattern] = [
    # --- without an account
    path("", complain.form, name="form"),
    path("how/", complain.how, name="how"),
    path("received/<str:token>/", complain.receipt, name="receipt"),
    path("status/", status.lookup, name="lookup"),
    path("status/again/", status.send_again, name="send_again"),
    path("status/<str:token>/", status.status, name="status"),
    path("status/<str:token>/<slug:name>/", status.act, name="act"),
    # --- one question to somebody outside
    path("answer/<str:token>/", outsider.answer, name="answer"),
    path("answer/<str:token>/files/<int:pk>/", outsider.answer_file, name="answer_file"),
    # --- for the desk
    path("doubtful/", desk.doubtful, name="doubtful"),
    path("doubtful/<int:pk>/genuine/", desk.genuine, name="genuine"),
    path("of/<str:reference>/", desk.panel, name="panel"),
    path("of/<str:reference>/link/", desk.link_issue, name="link_issue"),
    path("of/<str:reference>/send/", desk.link_send, name="link_send"),
    path("of/<str:reference>/revoke/", desk.links_revoke, name="links_revoke"),
    # --- the intake of shops: what its service worker may see lies below shop/
    path("shop/", shop.shop, name="shop"),
    path("shop/manifest.webmanifest", shop.manifest, name="shop_manifest"),
    path("shop/worker.js", shop.worker, name="shop_worker"),
    path("shop/who/", shop.who, name="shop_who"),
    path("shop/send/", shop.send, name="shop_send"),
]
