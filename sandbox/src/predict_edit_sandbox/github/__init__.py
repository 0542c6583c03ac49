"""A stand-in for GitHub, offline: local git repositories served as pull requests. Not GitHub.

It answers the REST endpoints and the GraphQL that the action uses, and refuses what GitHub
refuses: a comment outside the diff, a body that is too long, a missing permission, a second
pending review. What GitHub does behind its web site (committing suggestions) it does by the rules
that are publicly known. Where those are not, :class:`Switches` has a switch.

::

    sandbox = Sandbox()
    sandbox.add_repository("octo/demo", path_of_a_git_repository)
    sandbox.set_role("octo/demo", "ada", Role.WRITE)
    pull = sandbox.open_pull_request("octo/demo", base="main", head="feature")
    with serve(sandbox) as url:
        comment = sandbox.comment("octo/demo", pull.number, "ada", "/predict-edit ...")
        payload = issue_comment_created(sandbox, comment)
        ...                                    # run the action against url
        sandbox.apply_suggestions(pull.review_comments)
"""

from predict_edit_sandbox.github.accounts import DEFAULT_TOKEN
from predict_edit_sandbox.github.events import (
    issue_comment_created,
    pull_request_closed,
    review_comment_created,
    workflow_dispatch,
)
from predict_edit_sandbox.github.faults import Fault
from predict_edit_sandbox.github.people import Sandbox
from predict_edit_sandbox.github.refusals import Refusal
from predict_edit_sandbox.github.server import run_sandbox_github, serve
from predict_edit_sandbox.github.switches import Switches

__all__ = [
    "DEFAULT_TOKEN",
    "Fault",
    "Refusal",
    "Sandbox",
    "Switches",
    "issue_comment_created",
    "pull_request_closed",
    "review_comment_created",
    "run_sandbox_github",
    "serve",
    "workflow_dispatch",
]
