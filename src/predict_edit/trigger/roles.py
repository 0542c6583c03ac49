"""Who may give commands, by what GitHub says of them.

The source is the endpoint "Get repository permissions for a user"
(``GET /repos/{owner}/{repo}/collaborators/{username}/permission``), never the comment's
``author_association``, which is wrong for private members of an organisation. Everything that is
not understood counts as no role at all.
"""

from __future__ import annotations

from predict_edit.domain.repository import Role

_PERMISSIONS = {
    "admin": Role.ADMIN,
    "write": Role.WRITE,
    "read": Role.READ,
    "none": Role.NONE,
}
"""``permission``: the legacy roles. Maintain is reported as write, triage as read; a custom role as
the role it inherits from."""

_REFINED = {("write", "maintain"): Role.MAINTAIN, ("read", "triage"): Role.TRIAGE}
"""``permission`` and ``role_name`` for which the second says more."""


def role_from(permission: object, role_name: object = None) -> Role:
    """Read a role from the two fields of GitHub's answer.

    ``permission`` is decisive. ``role_name`` refines it to maintain or triage, and lowers it where
    the two contradict each other; a custom role's name says nothing.
    """
    if not isinstance(permission, str):
        return Role.NONE
    base = _PERMISSIONS.get(permission, Role.NONE)
    if not isinstance(role_name, str):
        return base
    refined = _REFINED.get((permission, role_name))
    if refined is not None:
        return refined
    named = Role.__members__.get(role_name.upper()) if role_name.islower() else None
    return base if named is None else min(base, named)


def refusal(role: Role, least: Role) -> str | None:
    """Say why a role may not give commands, for the log only; ``None`` if it may."""
    if role >= least and role is not Role.NONE:
        return None
    has = "no role in the repository" if role is Role.NONE else f"the role {role.name.lower()}"
    return f"has {has}; commands need {max(least, Role.READ).name.lower()} or more"
