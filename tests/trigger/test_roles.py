from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from predict_edit.domain.repository import Role
from predict_edit.trigger.roles import refusal, role_from


@pytest.mark.parametrize(
    ("permission", "role_name", "role"),
    [
        ("admin", "admin", Role.ADMIN),
        ("write", "maintain", Role.MAINTAIN),  # reported as write
        ("write", "write", Role.WRITE),
        ("read", "triage", Role.TRIAGE),  # reported as read
        ("read", "read", Role.READ),
        ("none", "none", Role.NONE),
        ("none", "", Role.NONE),
        ("write", None, Role.WRITE),  # older servers send no role name
        ("admin", None, Role.ADMIN),
        ("write", "security-engineer", Role.WRITE),  # a custom role counts as what it inherits
        ("read", "community-manager", Role.READ),
        # contradictions count as the lesser of the two
        ("write", "admin", Role.WRITE),
        ("read", "admin", Role.READ),
        ("none", "admin", Role.NONE),
        ("none", "maintain", Role.NONE),
        ("admin", "read", Role.READ),
        ("write", "triage", Role.TRIAGE),
        # what GitHub does not document is not a role
        ("maintain", "maintain", Role.NONE),
        ("owner", "admin", Role.NONE),
        ("ADMIN", "admin", Role.NONE),
        ("", "admin", Role.NONE),
        (None, "admin", Role.NONE),
        (True, "admin", Role.NONE),
        (5, 5, Role.NONE),
        ({"admin": True}, None, Role.NONE),
        ("write", 5, Role.WRITE),
    ],
)
def test_roles(permission: object, role_name: object, role: Role) -> None:
    """A role is what both fields of GitHub's answer support."""
    assert role_from(permission, role_name) is role


@given(st.text(), st.text())
def test_an_unknown_permission_is_not_a_role(permission: str, role_name: str) -> None:
    """Only the four documented permissions give a role."""
    if permission not in {"admin", "write", "read", "none"}:
        assert role_from(permission, role_name) is Role.NONE


@pytest.mark.parametrize("least", [role for role in Role if role is not Role.NONE])
@pytest.mark.parametrize("role", Role)
def test_refusal(role: Role, least: Role) -> None:
    """Everyone below the lowest allowed role is refused, and no one else."""
    reason = refusal(role, least)
    assert (reason is None) == (role >= least)
    if reason is not None:
        assert least.name.lower() in reason


def test_a_stranger_is_always_refused() -> None:
    """Even a lowest role of none, which no setting can ask for, admits no stranger."""
    assert refusal(Role.NONE, Role.NONE) is not None
