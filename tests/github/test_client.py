"""Requests over real HTTP: what is repeated, where the token goes, what is counted."""

from __future__ import annotations

import asyncio
import json
import logging
import secrets

import pytest
from aiohttp import web
from tests.github.conftest import PULL, TOKEN, FakeGitHub, MakeForge, MakeServer, Received

from predict_edit.domain.edits import ReviewDraft
from predict_edit.domain.errors import (
    EventError,
    ForgeAnswerInvalid,
    ForgeError,
    ForgeForbidden,
    ForgeRateLimited,
    ForgeUnavailable,
    PredictEditError,
    SettingsError,
)
from predict_edit.domain.repository import Reaction
from predict_edit.github.client import Client
from predict_edit.github.host import GitHubHost

COMMENT = {"id": 1, "node_id": "IC_1", "html_url": "https://github.com/c1", "body": "text"}
DRAFT = ReviewDraft(commit_id="a" * 40, body="", suggestions=())
LIMITED = {"message": "You have exceeded a secondary rate limit. Please wait a few minutes."}


async def test_a_read_is_repeated_while_github_is_down(
    github: FakeGitHub, forge: GitHubHost, make_forge: MakeForge
) -> None:
    """Two failures of the server do not fail a read, and the pauses grow."""
    github.on("GET", "pulls/7", {}, status=502).on("GET", "pulls/7", handler=github.hang_up)
    github.on("GET", "pulls/7", PULL)
    assert (await forge.pull_request(7)).head_sha == "a" * 40
    assert forge.requests == len(github.received) == 3
    assert 0.5 <= make_forge.naps[0] < make_forge.naps[1] <= 1.25


async def test_a_read_gives_up_in_the_end(github: FakeGitHub, forge: GitHubHost) -> None:
    """A server that stays down is asked four times, then the error says so."""
    github.on("GET", "pulls/7", text="<h1>Unicorn!</h1>", status=503, content_type="text/html")
    with pytest.raises(ForgeUnavailable, match="answered 503") as caught:
        await forge.pull_request(7)
    assert caught.value.status == 503
    assert len(github.received) == 4


@pytest.mark.parametrize("failure", ["502", "500", "disconnect", "timeout", "half"])
async def test_a_write_is_never_repeated_blindly(
    github: FakeGitHub, make_forge: MakeForge, failure: str
) -> None:
    """Whatever happens to the POST of a review, GitHub sees exactly one."""

    async def half(received: Received) -> web.StreamResponse:
        answer = web.StreamResponse(headers={"Content-Length": "1000"})
        await answer.prepare(received.request)
        await answer.write(b'{"id": 1, ')
        assert received.request.transport
        received.request.transport.close()
        return answer

    match failure:
        case "disconnect":
            github.on("POST", "pulls/7/reviews", handler=github.hang_up)
        case "timeout":
            github.on("POST", "pulls/7/reviews", handler=github.hang)
        case "half":
            github.on("POST", "pulls/7/reviews", handler=half)
        case status:
            github.on("POST", "pulls/7/reviews", {"message": "Server Error"}, status=int(status))
    github.on("POST", "pulls/7/reviews", {"id": 2})
    forge = make_forge(timeout=1)
    with pytest.raises(ForgeUnavailable, match="Whether it was done is not known"):
        await forge.create_review(7, DRAFT)
    assert len(github.received) == 1
    assert make_forge.naps == []


async def test_a_comment_is_created_once(github: FakeGitHub, forge: GitHubHost) -> None:
    github.on("POST", "issues/7/comments", {}, status=502).on("POST", "issues/7/comments", COMMENT)
    with pytest.raises(ForgeUnavailable):
        await forge.create_comment(7, "text")
    assert len(github.received) == 1


async def test_replacing_a_text_is_repeated(github: FakeGitHub, forge: GitHubHost) -> None:
    """Replacing a text doubles nothing, so it survives a failure of the server."""
    github.on("PATCH", "issues/comments/1", {}, status=502).on(
        "PATCH", "issues/comments/1", COMMENT
    )
    await forge.edit_comment(1, "text")
    assert [received.json for received in github.received] == [{"body": "text"}] * 2


@pytest.mark.parametrize("status", [403, 429])
async def test_a_limited_write_waits(
    github: FakeGitHub, forge: GitHubHost, make_forge: MakeForge, status: int
) -> None:
    """A rate limit refuses before anything happens, so the write is sent again after the wait."""
    github.on(
        "POST", "issues/7/comments", LIMITED, status=status, headers={"Retry-After": "17"}
    ).on("POST", "issues/7/comments", COMMENT, status=201)
    assert (await forge.create_comment(7, "text")).id == 1
    assert make_forge.naps == [17.0]


async def test_waiting_for_limits_has_an_end(
    github: FakeGitHub, forge: GitHubHost, make_forge: MakeForge
) -> None:
    """After two waits, or if the wait would be too long, the error says how long it is."""
    github.on("GET", "pulls/7", LIMITED, status=429, headers={"Retry-After": "30"})
    with pytest.raises(ForgeRateLimited) as caught:
        await forge.pull_request(7)
    assert make_forge.naps == [30.0, 30.0]
    assert caught.value.retry_after == 30
    impatient = make_forge(max_wait=29)
    with pytest.raises(ForgeRateLimited, match="for about 30 s"):
        await impatient.pull_request(7)
    assert len(make_forge.naps) == 2


async def test_a_review_that_came_too_fast_is_not_repeated(
    github: FakeGitHub, forge: GitHubHost
) -> None:
    """After 422 "submitted too quickly" the caller has to check first."""
    github.on("POST", "pulls/7/reviews", {"message": "was submitted too quickly"}, status=422)
    with pytest.raises(ForgeRateLimited):
        await forge.create_review(7, DRAFT)
    assert len(github.received) == 1


async def test_reactions_neither_wait_nor_fail(
    github: FakeGitHub, forge: GitHubHost, make_forge: MakeForge, caplog: pytest.LogCaptureFixture
) -> None:
    """A limited reaction is dropped at once, with a line in the debug log."""
    from predict_edit.domain.repository import CommandRef, CommandSource

    command = CommandRef(source=CommandSource.ISSUE_COMMENT, comment_id=5, author="mona")
    github.on("POST", "issues/comments/5/reactions", LIMITED, status=403)
    with caplog.at_level(logging.DEBUG, "predict_edit"):
        await forge.react(command, Reaction.TAKEN)
    assert make_forge.naps == []
    assert "no reaction TAKEN" in caplog.text


async def test_every_request_is_counted_and_logged(
    github: FakeGitHub, forge: GitHubHost, caplog: pytest.LogCaptureFixture
) -> None:
    """The debug log has endpoint and status, and nothing of what was sent."""
    github.on("GET", "pulls/7", PULL).on_graphql({}, errors=[{"type": "FORBIDDEN"}])
    with caplog.at_level(logging.DEBUG, "predict_edit"):
        await forge.pull_request(7)
        with pytest.raises(ForgeError):
            await forge.threads(7)
    assert forge.requests == 2
    assert [message.split(" in ")[0] for message in caplog.messages] == [
        "GET pulls/:number: done",
        "GraphQL ReviewThreads: status 400",
    ]


async def test_headers_are_those_github_asks_for(github: FakeGitHub, forge: GitHubHost) -> None:
    """Token, API version and a user agent go with every request."""
    github.on("GET", "pulls/7", PULL)
    await forge.pull_request(7)
    headers = {name.lower(): value for name, value in github.received[0].headers.items()}
    assert headers["authorization"] == f"token {TOKEN}"
    assert headers["x-github-api-version"] == "2022-11-28"
    assert headers["user-agent"].startswith("predict-edit/")


async def test_an_enterprise_server_is_addressed_as_it_says(
    make_server: MakeServer, make_forge: MakeForge
) -> None:
    """Prefix and port are taken as given, and GraphQL is where an Enterprise Server has it."""
    server = await make_server(prefix="/api/v3", graphql_path="/api/graphql")
    server.on("GET", "pulls/7", PULL).on_graphql({}, errors=[{"type": "FORBIDDEN"}])
    forge = make_forge(server)
    assert (await forge.pull_request(7)).number == 7
    with pytest.raises(ForgeError):
        await forge.threads(7)
    assert [received.path for received in server.received] == [
        "/api/v3/repos/octo/demo/pulls/7",
        "/api/graphql",
    ]


async def test_a_renamed_repository_is_asked_by_its_number(
    github: FakeGitHub, forge: GitHubHost
) -> None:
    """It answers 301 with its number; queries and bodies are sent there again."""
    moved = f"{github.api_url}/repositories/1"
    headers = {"Location": f"{moved}/pulls/7/files?per_page=100"}
    github.on("GET", "pulls/7/files", status=301, headers=headers)
    github.on("GET", "/repositories/1/pulls/7/files", [])
    github.on("POST", "/repositories/1/issues/7/comments", COMMENT, status=201)
    assert await forge.changed_files(7) == ()
    assert github.received[-1].query == {"per_page": "100"}
    headers = {"Location": f"{moved}/issues/7/comments"}
    github.on("POST", "issues/7/comments", status=307, headers=headers)
    await forge.create_comment(7, "text")
    assert github.received[-1].json == {"body": "text"}


async def test_no_other_redirect_is_followed(
    github: FakeGitHub, forge: GitHubHost, make_server: MakeServer
) -> None:
    """Another host, even another port, never sees the token."""
    other = await make_server()
    places = [
        (301, f"{other.api_url}/repositories/1/pulls/7"),
        (302, f"{other.api_url}/x"),
        (303, ""),
        (307, "/repos/octo/demo/pulls/7"),
        (308, f"{github.api_url}.example.com/repositories/1/pulls/7"),
    ]
    for status, location in places:
        github.on("GET", "pulls/7", status=status, headers={"Location": location})
    for _ in places:
        with pytest.raises(ForgeAnswerInvalid, match="redirect to another address"):
            await forge.pull_request(7)
    assert other.received == []
    assert len(github.received) == len(places)


async def test_a_redirect_loop_ends(github: FakeGitHub, forge: GitHubHost) -> None:
    """A number that points to another number is not followed further."""
    for number, path in ((1, "pulls/7"), (2, "/repositories/1/pulls/7")):
        location = f"{github.api_url}/repositories/{number}/pulls/7"
        github.on("GET", path, status=302, headers={"Location": location})
    with pytest.raises(ForgeAnswerInvalid, match="redirect"):
        await forge.pull_request(7)
    assert len(github.received) == 2


@pytest.mark.parametrize(
    ("url", "ok"),
    [
        ("https://api.github.com", True),
        ("https://ghes.example.com/api/v3", True),
        ("http://localhost:8080", True),
        ("http://[::1]:8080", True),
        ("http://127.8.8.8:8080", True),
        ("http://10.1.2.3/api/v3", False),
        ("http://169.254.169.254", False),
        ("http://host.docker.internal:8080", False),
        ("http://github:8080", False),
        ("http://localhost.example.com", False),
        ("http://localhost@github.example", False),
        ("http://127.0.0.1.example.com", False),
        ("http://api.github.com", False),
        ("http://8.8.8.8", False),
        ("ftp://api.github.com", False),
        ("https://", False),
        ("", False),
    ],
)
async def test_the_token_is_not_sent_in_the_clear(url: str, *, ok: bool) -> None:
    """Only https, or http within this machine; a private network is not enough."""
    if not ok:
        with pytest.raises(EventError, match="GITHUB_API_URL"):
            Client(repository="octo/demo", token=TOKEN, api_url=url)
        return
    client = Client(repository="octo/demo", token=TOKEN, api_url=url)
    await client.aclose()


@pytest.mark.parametrize("token", ["", "two words", "line\nbreak", "käse"])
def test_a_token_that_cannot_be_sent_is_named_before_any_request(token: str) -> None:
    """A missing or broken token is a wrong setting, and is not shown."""
    with pytest.raises(SettingsError, match="github-token") as caught:
        Client(repository="octo/demo", token=token)
    assert not token or token not in str(caught.value)


@pytest.mark.parametrize("name", ["", "octo", "octo/", "/demo", "octo/demo/more"])
def test_a_wrong_repository_name_is_named(name: str) -> None:
    """The repository is ``owner/name``."""
    with pytest.raises(EventError, match="GITHUB_REPOSITORY"):
        Client(repository=name, token=TOKEN)


async def test_the_token_shows_nowhere(
    github: FakeGitHub, forge: GitHubHost, caplog: pytest.LogCaptureFixture
) -> None:
    """Not in logs at debug level, not in errors, not in a repr, even when GitHub echoes it."""
    github.on("GET", "pulls/7", {"message": f"bad token {TOKEN}", "errors": [TOKEN]}, status=401)
    with caplog.at_level(logging.DEBUG), pytest.raises(PredictEditError) as caught:
        await forge.pull_request(7)
    error = caught.value
    assert isinstance(error, ForgeError)
    assert "bad token ***" in error.reasons
    for text in (caplog.text, str(error), repr(error), repr(error.reasons), repr(forge)):
        assert TOKEN not in text
    assert error.__cause__ is None
    assert "Bearer" not in caplog.text


async def test_bodies_show_in_no_log(
    github: FakeGitHub, forge: GitHubHost, caplog: pytest.LogCaptureFixture
) -> None:
    """What is sent and received stays out of every library's debug log."""
    github.on("POST", "issues/7/comments", COMMENT | {"body": "received secret sauce"})
    with caplog.at_level(logging.DEBUG):
        logging.getLogger().setLevel(logging.DEBUG)
        await forge.create_comment(7, "sent secret sauce")
    assert "secret sauce" not in caplog.text
    assert "/repos/octo/demo/issues/7/comments" in caplog.text


async def test_text_is_utf8_whatever_the_header_says(github: FakeGitHub, forge: GitHubHost) -> None:
    """An answer without a charset is not guessed at."""
    raw = json.dumps(PULL | {"html_url": "naïve 漢字 😀 \u2028"}, ensure_ascii=False).encode()

    async def answer(_: Received) -> web.StreamResponse:
        return web.Response(body=raw, headers={"Content-Type": "application/json"})

    github.on("GET", "pulls/7", handler=answer)
    assert (await forge.pull_request(7)).url == "naïve 漢字 😀 \u2028"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("<html>Sign in to the proxy</html>", "no usable field `number`"),
        ("{", "an unknown form"),
        ("", "an unknown form"),
        ("[]", r"no usable field `\(top\)`"),
        ('{"number": 7}', "no usable field `head.ref`"),
    ],
)
async def test_an_answer_that_is_not_githubs_is_named(
    github: FakeGitHub, forge: GitHubHost, text: str, said: str
) -> None:
    """The error names endpoint and field, and that a proxy may have answered."""
    github.on("GET", "pulls/7", text=text)
    with pytest.raises(ForgeAnswerInvalid, match=said) as caught:
        await forge.pull_request(7)
    assert "GET pulls/:number" in caught.value.cause
    assert "GITHUB_API_URL" in caught.value.next_step


async def test_an_invalid_number_in_a_header_breaks_nothing(
    github: FakeGitHub, forge: GitHubHost
) -> None:
    """Rate-limit headers of a strange proxy end in an error of our own classes."""
    github.on(
        "GET",
        "pulls/7",
        PULL,
        headers={"X-RateLimit-Remaining": "many", "X-RateLimit-Limit": "more"},
    )
    with pytest.raises(ForgeAnswerInvalid, match="an unknown form"):
        await forge.pull_request(7)


async def test_a_refused_connection_is_reported(make_forge: MakeForge) -> None:
    """A refused connection means that GitHub is unavailable."""
    forge = make_forge(api_url="http://127.0.0.1:9")
    with pytest.raises(ForgeUnavailable, match="cannot be reached"):
        await forge.pull_request(7)


async def test_a_timeout_is_reported(github: FakeGitHub, make_forge: MakeForge) -> None:
    """A hanging read is given up, repeated, and reported with its seconds."""
    github.on("GET", "pulls/7", handler=github.hang)
    with pytest.raises(ForgeUnavailable, match="did not answer within 1 s"):
        await make_forge(timeout=1).pull_request(7)
    assert len(github.received) == 4


async def test_parallel_requests_never_mix(github: FakeGitHub, forge: GitHubHost) -> None:
    """Eight connections carry two hundred requests, and each gets its own answer."""

    async def echo(received: Received) -> web.StreamResponse:
        await asyncio.sleep(secrets.randbelow(5) / 1000)
        number = int(received.path.rsplit("/", 1)[1])
        body = PULL | {"number": number, "html_url": "x" * number + received.path}
        return web.json_response(body)

    numbers = range(1, 201)
    together = github.together(8, echo)
    for number in numbers:
        github.on("GET", f"pulls/{number}", handler=together)
    pulls = await asyncio.gather(*map(forge.pull_request, numbers))
    assert [pull.number for pull in pulls] == list(numbers)
    assert all(
        pull.url == "x" * pull.number + f"/repos/octo/demo/pulls/{pull.number}" for pull in pulls
    )
    assert github.most_in_flight == 8
    assert len({str(received.connection) for received in github.received}) == 8


async def test_pages_after_the_first_come_side_by_side_and_in_order(
    github: FakeGitHub, forge: GitHubHost
) -> None:
    """The first answer names the last page, so the others are asked for at once."""
    last = 6
    everybody = asyncio.Barrier(last - 1)

    async def page(received: Received) -> web.StreamResponse:
        number = int(received.query.get("page", "1"))
        assert received.query["per_page"] == "100"
        if number > 1:
            await everybody.wait()
            await asyncio.sleep(0.01 * (last - number))
        link = f'<{github.api_url}/x?per_page=100&page={last}>; rel="last"'
        entry = {"filename": f"f{number}", "status": "added", "sha": "s"}
        return web.json_response(
            [entry | {"additions": 1, "deletions": 0}],
            headers={"Link": link} if number < last else {},
        )

    github.on("GET", "pulls/7/files", handler=page)
    files = await forge.changed_files(7)
    assert [file.path for file in files] == [f"f{i}" for i in range(1, last + 1)]
    assert len(github.received) == last


async def test_pages_without_a_known_last_one_are_followed(
    github: FakeGitHub, forge: GitHubHost
) -> None:
    """If the header names only the next page, pages are read one after the other."""
    for number in (1, 2, 3):
        link = {"Link": f'<{github.api_url}/x?page={number + 1}>; rel="next"'} if number < 3 else {}
        entry = {"filename": f"f{number}", "status": "added", "sha": None}
        github.on("GET", "pulls/7/files", [entry | {"additions": 1, "deletions": 0}], headers=link)
    files = await forge.changed_files(7)
    assert [file.path for file in files] == ["f1", "f2", "f3"]
    assert [received.query.get("page") for received in github.received] == [None, "2", "3"]


async def test_closing_lets_running_requests_end(github: FakeGitHub, make_forge: MakeForge) -> None:
    """Closing waits for running requests, so that no connection is torn."""
    arrived = asyncio.Event()

    async def slow(_: Received) -> web.StreamResponse:
        arrived.set()
        await asyncio.sleep(0.1)
        return web.json_response(PULL)

    github.on("GET", "pulls/7", handler=slow)
    forge = make_forge()
    reading = asyncio.create_task(forge.pull_request(7))
    await arrived.wait()
    await forge.aclose()
    assert (await reading).number == 7


async def test_addresses_are_quoted(github: FakeGitHub, forge: GitHubHost) -> None:
    """A login cannot reach another endpoint."""
    await forge.role_of("../../x?y#z")
    (received,) = github.received
    assert received.path.endswith("/collaborators/..%2F..%2Fx%3Fy%23z/permission")


async def test_a_forbidden_read_names_endpoint_and_permission(
    github: FakeGitHub, forge: GitHubHost
) -> None:
    """A missing permission is named, with the place where it is set."""
    github.on("GET", "pulls/7", {"message": "Resource not accessible by integration"}, status=403)
    with pytest.raises(ForgeForbidden) as caught:
        await forge.pull_request(7)
    assert "GET pulls/:number" in caught.value.cause
    assert "`pull-requests: read`" in caught.value.next_step
    assert len(github.received) == 1
