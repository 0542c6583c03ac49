"""The endpoint for code scanning alerts."""

from __future__ import annotations

from predict_edit_sandbox.github import render
from predict_edit_sandbox.github.exchange import Call, Needs, Reply, Route, listed
from predict_edit_sandbox.github.nouns import Alert
from predict_edit_sandbox.github.refusals import Refusal, not_found

_READ: Needs = (("security_events", "read"),)
_OFF = "Advanced Security must be enabled for this repository to use code scanning."


def list_alerts(call: Call) -> Reply:
    """The alerts of a reference, those of the default branch without one, newest first."""
    repository = call.repository
    if not call.state.switches.code_scanning:
        raise Refusal(403, _OFF, kind="FORBIDDEN")
    if not repository.alerts:
        raise not_found("no analysis found")
    ref = call.query.get("ref") or repository.default_branch
    whole = ref if ref.startswith("refs/") else f"refs/heads/{ref}"
    state = call.query.get("state")
    found = [
        alert
        for alert in repository.alerts
        if alert.ref == whole and (state is None or alert.state == state)
    ]
    return listed(call, found[::-1], lambda alert: _shown(call, alert))


def _shown(call: Call, alert: Alert) -> render.Json:
    """One alert of the list."""
    repository = call.repository
    api = f"{call.urls.repository(repository)}/code-scanning/alerts/{alert.number}"
    page = f"{call.urls.page(repository)}/security/code-scanning/{alert.number}"
    dismissed = alert.state == "dismissed"
    when = render.stamp(repository.created_at)
    return {
        "number": alert.number,
        "created_at": when,
        "updated_at": when,
        "url": api,
        "html_url": page,
        "instances_url": f"{api}/instances",
        "state": alert.state,
        "fixed_at": when if alert.state == "fixed" else None,
        "dismissed_by": render.user(call.urls, repository.owner) if dismissed else None,
        "dismissed_at": when if dismissed else None,
        "dismissed_reason": "won't fix" if dismissed else None,
        "dismissed_comment": None,
        "rule": {
            "id": alert.rule,
            "severity": alert.severity,
            "description": alert.message,
            "name": alert.rule,
            "tags": [],
        },
        "tool": {"name": alert.tool, "guid": None, "version": "1.0.0"},
        "most_recent_instance": {
            "ref": alert.ref,
            "analysis_key": ".github/workflows/scan.yml:scan",
            "environment": "{}",
            "category": ".github/workflows/scan.yml:scan",
            "state": alert.state,
            "commit_sha": repository.store.resolve(alert.ref) or "0" * 40,
            "message": {"text": alert.message},
            "location": {
                "path": alert.path,
                "start_line": alert.line,
                "end_line": alert.line,
                "start_column": 1,
                "end_column": 2,
            },
            "html_url": page,
            "classifications": [],
        },
        "assignees": [],
    }


ROUTES = (
    Route(
        method="GET",
        path="/repos/{owner}/{repo}/code-scanning/alerts",
        handler=list_alerts,
        needs=_READ,
    ),
)
