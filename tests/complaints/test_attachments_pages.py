"""Files go in by the page, each with its result, and come out with headers that tame them."""

from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from accounts.models import User
from complaints.models import Attachment, Complaint
from complaints.services.attachments import attach_file, file_of
from journal.selectors import history_of
from tests.complaints.factories import NOW, make_complaint, make_site, make_user

pytestmark = pytest.mark.django_db
PDF = b"%PDF-1.7\nhello"
PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 40
HTMX = {"HX-Request": "true"}


@pytest.fixture(autouse=True)
def media(tmp_path: Path, settings: Any) -> None:
    settings.MEDIA_ROOT = tmp_path / "media"


@pytest.fixture
def agent() -> User:
    return make_user("agent", username="mei")


@pytest.fixture
def desk(agent: User) -> Client:
    client = Client()
    client.force_login(agent)
    return client


@pytest.fixture
def complaint(agent: User) -> Complaint:
    return make_complaint(actor=agent)


def attached(
    complaint: Complaint, actor: User, name: str = "bill.pdf", content: bytes = PDF
) -> Attachment:
    return attach_file(
        complaint_id=complaint.pk, file=[content], name=name, internal=True, actor=actor, at=NOW
    )


def address(attachment: Attachment) -> str:
    args = [attachment.complaint.reference, attachment.pk]
    return reverse("complaints:attachment", args=args)


def test_of_several_files_each_has_its_result(complaint, desk):
    answer = desk.post(
        reverse("complaints:attach", args=[complaint.reference]),
        {
            "files": [
                SimpleUploadedFile("账单.pdf", PDF),
                SimpleUploadedFile("photo.png", PDF),
                SimpleUploadedFile("run.exe", b"MZ"),
            ],
            "internal": "on",
        },
        headers=HTMX,
    )
    text = answer.content.decode()
    assert answer.status_code == 200
    assert (text.count("alert ok"), text.count("alert bad")) == (1, 2)
    assert "is not what its name says (.png)" in text
    (attachment,) = complaint.attachments.all()
    assert (attachment.name, attachment.internal) == ("账单.pdf", True)
    assert address(attachment) in text


def test_without_scripts_the_results_stand_on_the_next_page(complaint, desk):
    answer = desk.post(
        reverse("complaints:attach", args=[complaint.reference]),
        {
            "files": [SimpleUploadedFile("a.pdf", PDF), SimpleUploadedFile("b.pdf", b"x")],
        },
        follow=True,
    )
    text = answer.content.decode()
    assert "Attached: a.pdf" in text
    assert "b.pdf: The content of this file" in text
    assert complaint.attachments.get().internal is False


def test_a_request_that_is_too_long_is_refused_by_its_length(complaint, desk, settings):
    settings.UPLOAD_MAX_BYTES = 1000
    path = reverse("complaints:attach", args=[complaint.reference])
    assert desk.post(path, {"files": SimpleUploadedFile("a.pdf", PDF)}).status_code == 302
    long = SimpleUploadedFile("b.pdf", PDF + b"x" * 2000)
    assert desk.post(path, {"files": long}).status_code == 400
    assert complaint.attachments.count() == 1


def test_no_file_is_refused(complaint, desk):
    path = reverse("complaints:attach", args=[complaint.reference])
    assert desk.post(path, {}).status_code == 422


def test_a_file_is_downloaded_with_headers_that_keep_it_harmless(complaint, agent, desk):
    answer = desk.get(address(attached(complaint, agent, "发票 “1”;x.pdf")))
    assert b"".join(answer.streaming_content) == PDF
    assert answer["Content-Type"] == "application/pdf"
    assert answer["Content-Disposition"].startswith("attachment; filename*=utf-8''%E5%8F%91")
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Content-Security-Policy"].startswith("sandbox; default-src 'none'")
    assert answer["Cache-Control"] == "private, no-store"
    assert answer["Cross-Origin-Resource-Policy"] == "same-origin"
    assert int(answer["Content-Length"]) == len(PDF)


def test_nothing_of_where_a_file_lies_is_told(complaint, agent, desk):
    attachment = attached(complaint, agent)
    answer = desk.get(address(attachment))
    told = str(answer.headers)
    assert attachment.sha256 not in told
    assert "media" not in told


def test_only_images_and_pdf_are_shown_inside_the_browser_and_only_on_request(
    complaint, agent, desk
):
    image = desk.get(address(attached(complaint, agent, "a.png", PNG)) + "?inline")
    assert image["Content-Disposition"].startswith("inline")
    assert image["Content-Security-Policy"].startswith("sandbox")
    pdf = desk.get(address(attached(complaint, agent)) + "?inline")
    assert pdf["Content-Disposition"].startswith("inline")
    assert "default-src 'none'" in pdf["Content-Security-Policy"]
    assert "script" not in pdf["Content-Security-Policy"]
    text = desk.get(address(attached(complaint, agent, "a.txt", b"<script>")) + "?inline")
    assert text["Content-Disposition"].startswith("attachment")


def test_a_file_does_not_exist_out_of_scope_nor_under_another_complaint(complaint, agent, desk):
    attachment = attached(complaint, agent)
    other = make_complaint(actor=agent)
    wrong = reverse("complaints:attachment", args=[other.reference, attachment.pk])
    assert desk.get(wrong).status_code == 404
    desk.force_login(make_user("agent", site=make_site()))
    assert desk.get(address(attachment)).status_code == 404
    assert desk.get(address(attachment).replace(str(attachment.pk), "999")).status_code == 404


def test_a_confidential_file_asks_for_a_reason_and_a_reading_by_its_owner_is_recorded(agent, desk):
    complaint = make_complaint(actor=agent, owner=agent, confidential=True)
    attachment = attached(complaint, agent)
    assert desk.get(address(attachment)).status_code == 200
    assert list(history_of(complaint))[-1].kind == "complaint.attachment_read"
    desk.force_login(make_user("auditor"))
    answer = desk.get(address(attachment))
    assert answer.status_code == 302
    reason = reverse("complaints:confidential", args=[complaint.reference])
    assert answer["Location"].startswith(reason)
    answer = desk.post(answer["Location"], {"reason": "yearly audit"}, follow=True)
    assert b"".join(answer.streaming_content) == PDF
    kinds = [entry.kind for entry in history_of(complaint)]
    assert kinds[-2:] == ["complaint.confidential_read", "complaint.attachment_read"]


def test_a_file_that_was_lost_is_not_found(complaint, agent, desk):
    attachment = attached(complaint, agent)
    file_of(attachment).unlink()
    assert desk.get(address(attachment)).status_code == 404


def test_a_file_found_infected_is_named_but_not_served(complaint, agent, desk):
    attachment = attached(complaint, agent)
    Attachment.objects.update(scan="infected")
    assert desk.get(address(attachment)).status_code == 403
    answer = desk.post(
        reverse("complaints:attach", args=[complaint.reference]),
        {"files": SimpleUploadedFile("a.png", PNG)},
        headers=HTMX,
    ).content.decode()
    assert "infected" in answer
    assert address(attachment) not in answer
