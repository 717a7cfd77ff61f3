"""A new installation starts with a policy that waits for approval."""

from datetime import UTC, datetime

import pytest
from django.core.management import call_command

from accounts.services import system_user
from complaints.models import Category, HandlingPolicy
from complaints.rules.policy import TOP_CLASSES
from complaints.selectors.policy import active_categories, needs_first_approval, policy_in_force
from complaints.services.policy import check_content, default_content, install_default_policy
from complaints.states import PolicyState
from journal.selectors import history_of

AT = datetime(2026, 11, 2, 9, tzinfo=UTC)


def test_the_default_policy_waits_for_a_person_and_is_worked_by_meanwhile(db):
    policy = install_default_policy(at=AT)
    assert policy.state == PolicyState.SUBMITTED
    assert policy.author == system_user()
    assert policy_in_force(AT) == policy
    assert needs_first_approval()
    assert [entry.kind for entry in history_of(policy)] == [
        "policy.drafted",
        "policy.submitted",
        "policy.in_force",
    ]


def test_installing_twice_changes_nothing(db):
    first = install_default_policy(at=AT)
    assert install_default_policy(at=AT) == first
    assert HandlingPolicy.objects.count() == 1
    assert history_of(first).count() == 3


def test_the_command_installs_policy_and_templates_and_may_be_called_again(db, capsys):
    call_command("install_defaults")
    call_command("install_defaults")
    assert "version 1, submitted" in capsys.readouterr().out
    assert HandlingPolicy.objects.count() == 1


def test_the_default_content_is_without_fault_here(db):
    assert check_content(default_content().model_dump(mode="json")) == default_content()


@pytest.mark.clause("CM-8.2a")
def test_the_four_top_classes_carry_sub_classes_in_both_languages(db):
    install_default_policy(at=AT)
    tops = Category.objects.filter(parent=None, active=True)
    assert {top.code for top in tops} == set(TOP_CLASSES)
    for top in tops:
        assert top.children.count() >= 5
        for child in top.children.all():
            assert child.top_class == top.code
            assert child.name_en
            assert not child.name_zh.isascii()
    codes = [category.code for category in active_categories()]
    assert codes.index("product") < codes.index("product.defective")
