"""The connection to GitHub: PyGithub in a few threads, and what is decided for every request.

PyGithub blocks, and one of its instances keeps one connection with the state of its request, so
every worker thread has an instance of its own. What differs from PyGithub's ways is set here:

- Nothing is repeated behind our back: its retries also repeat writes, which may post twice. Which
  request is sent again, and after which pause, is decided in :meth:`Client.call`.
- No redirect is followed: the token must not reach another address. A renamed repository is asked
  again by its number.
- It does not pause between requests, and logs no contents.
"""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
import functools
import logging
import os
import re
import secrets
import threading
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Any, Final, Self, TypeVar
from urllib.parse import urlsplit
from urllib.request import getproxies

import pydantic
import requests
import urllib3
from github.Repository import Repository

from github import Auth, Github, GithubException
from predict_edit import __version__
from predict_edit.domain.errors import (
    EventError,
    ForgeRateLimited,
    ForgeUnavailable,
    InvalidInput,
    MissingInput,
)
from predict_edit.github import error_mapping
from predict_edit.github.error_mapping import UnwantedAnswer
from predict_edit.github.graphql import Operation
from predict_edit.github.rest import ApiEndpoint, Effect
from predict_edit.settings.endpoint import host_of, is_loopback
from predict_edit.support.log import log
from predict_edit.support.validation import first_problem

API_VERSION: Final = "2022-11-28"
"""The newest version that GitHub Enterprise Server also knows."""
PER_PAGE: Final = 100
WORKERS: Final = 8
"""Requests at the same time; GitHub allows 100 and slows down clients that use them."""
TIMEOUT: Final = 60
"""Seconds; GitHub takes long for a review with many comments."""
PAUSES: Final = (0.5, 1.0, 2.0)
"""Seconds before each repetition of a request that found GitHub unavailable."""
MOST_BYTES: Final = 32 * 1024 * 1024
"""Of an answer, unpacked. GitHub gives at most 7 MB of a tree; files come in batches that halve."""
MOST_SECONDS: Final = 300.0
"""For reading an answer, however slowly it comes."""
MOST_PAGES: Final = 100
"""Of a list that GitHub does not bound itself, such as a conversation."""
MOST_REQUESTS: Final = 10_000
"""Of one run; GitHub allows a job's token 1,000 an hour."""
_RATE_LIMIT_REPETITIONS: Final = 2
_DATE: Final = 64
"""Characters of the ``date`` header that are read."""
_LINKS: Final = 4096
"""Characters of the ``link`` header that are read."""
_ELSEWHERE: Final = "a redirect to another address, which was not followed"
_REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})
_UNUSABLE: Final = (
    requests.exceptions.RequestException,
    UnwantedAnswer,
    # What PyGithub raises for an answer or a header of another form than GitHub's.
    ValueError,
    TypeError,
    KeyError,
    AttributeError,
    RecursionError,
)

Sleep = Callable[[float], Awaitable[None]]
T = TypeVar("T")


class _Redirected(Exception):
    """GitHub points to another address."""

    def __init__(self, location: str) -> None:
        super().__init__()
        self.location = location


class _NoRetry(urllib3.Retry):
    """Sends everything once, hands redirects out, and bounds the body of every other answer."""

    def __init__(self, total: int = 0, **options: Any) -> None:
        # `read=False` lets a timeout of reading out as what it is.
        options |= {"read": False, "raise_on_status": False}
        super().__init__(total, **options)

    def is_retry(self, method: str, status_code: int, has_retry_after: bool = False) -> bool:  # noqa: ARG002 - urllib3's signature
        """Let :meth:`increment` see every answer before its body is read."""
        return True

    def increment(
        self,
        method: str | None = None,
        url: str | None = None,
        response: urllib3.BaseHTTPResponse | None = None,
        error: Exception | None = None,
        _pool: Any = None,
        _stacktrace: Any = None,
    ) -> Self:
        """Raise instead of repeating; urllib3 then returns the answer it has."""
        if response is not None and response.status in _REDIRECTS:
            response.close()
            raise _Redirected(response.headers.get("location", ""))
        if response is not None and _pool is not None:
            response.stream = _bounded(response)  # type: ignore[method-assign]
            raise urllib3.exceptions.MaxRetryError(_pool, url or "")
        return super().increment(method, url, response, error, _pool, _stacktrace)


def _bounded(response: urllib3.BaseHTTPResponse) -> Callable[..., Iterator[bytes]]:
    """Return the response's ``stream``, ended by an error if it is too long or takes too long."""
    stream = response.stream

    def bounded(*args: Any, **options: Any) -> Iterator[bytes]:
        left, end = MOST_BYTES, time.monotonic() + MOST_SECONDS
        for piece in stream(*args, **options):
            left -= len(piece)
            if left < 0 or time.monotonic() > end:
                response.close()
                raise UnwantedAnswer("no end within 32 MiB and 5 minutes")
            yield piece

    return bounded


class Client:
    """Sends requests for one repository; close it with :meth:`aclose`.

    ``max_wait`` is how many seconds one request may wait for rate limits in all.

    Raises:
        EventError: an address that the token must not be sent to, or a wrong repository name.
        SettingsError: the token is missing or cannot be sent.
    """

    def __init__(
        self,
        *,
        repository: str,
        token: str,
        api_url: str = "https://api.github.com",
        workers: int = WORKERS,
        max_wait: float = 120.0,
        timeout: int = TIMEOUT,
        sleep: Sleep = asyncio.sleep,
    ) -> None:
        owner, slash, name = repository.partition("/")
        if not (owner and slash and name) or "/" in name:
            raise EventError(
                "The repository's name is not `owner/name`.",
                "Check GITHUB_REPOSITORY.",
            )
        _check_address(api_url)
        if is_loopback(api_url) and getproxies():
            _reach_directly(host_of(api_url))
        _check_token(token)
        self.owner, self.name = owner, name
        self.requests = 0
        """How many were sent so far."""
        self._api_url = api_url.rstrip("/")
        self._token = token
        self._max_wait = max_wait
        self._timeout = timeout
        self._sleep = sleep
        self._thread = threading.local()
        self._ahead = dt.timedelta()
        self._open: list[Github] = []
        self._executor = ThreadPoolExecutor(workers, thread_name_prefix="github")
        # At debug level PyGithub logs what it sends and receives, file contents included.
        logging.getLogger("github").setLevel(logging.WARNING)

    async def aclose(self) -> None:
        """Wait for running requests, then close all connections."""
        await asyncio.to_thread(self._executor.shutdown, cancel_futures=True)
        for github in self._open:
            github.close()

    async def call(
        self, endpoint: ApiEndpoint, ask: Callable[[Repository], T], *, once: bool = False
    ) -> T:
        """Run ``ask``, which makes one request with PyGithub, in a worker thread.

        It is sent again after an outage or a rate limit if that is safe, and with ``once`` never.

        Raises:
            ForgeError: as :mod:`predict_edit.github.error_mapping` maps it.
        """
        pauses = list(PAUSES) if endpoint.effect is not Effect.CREATE else []
        waited = 0.0
        limited = 0
        while True:
            try:
                return await self._send(endpoint, ask)
            except ForgeUnavailable:
                if once or not pauses:
                    raise
                pause = pauses.pop(0) * (1 + secrets.randbelow(1000) / 4000)
            except ForgeRateLimited as error:
                pause = error.retry_after or 0.0
                waited += pause
                limited += 1
                # A 422 means "submitted too quickly": the caller has to find out whether it was
                # done all the same.
                if (
                    once
                    or waited > self._max_wait
                    or limited > _RATE_LIMIT_REPETITIONS
                    or error.status == HTTPStatus.UNPROCESSABLE_ENTITY
                ):
                    raise
                log.info("GitHub asks to wait %.0f s (%s)", pause, endpoint.name)
            await self._sleep(pause)

    async def request(
        self, endpoint: ApiEndpoint, method: str, path: str, *, of: str = "", **options: Any
    ) -> Any:
        """Send one request that PyGithub has no method for; ``path`` is below the repository's.

        ``of`` is another repository, such as a fork.

        Returns:
            The decoded answer.
        """
        return (await self._raw(endpoint, method, path, of=of, **options))[1]

    async def _raw(
        self, endpoint: ApiEndpoint, method: str, path: str, *, of: str = "", **options: Any
    ) -> tuple[dict[str, Any], Any]:
        """Return headers and decoded answer of one request."""
        other = "" if of.casefold() == f"{self.owner}/{self.name}".casefold() else of

        def ask(repository: Repository) -> tuple[dict[str, Any], Any]:
            home = f"/repos/{other}" if other else repository.url
            return repository.requester.requestJsonAndCheck(method, f"{home}/{path}", **options)

        headers, data = await self.call(endpoint, ask)
        with contextlib.suppress(ValueError, TypeError, OverflowError):
            there = parsedate_to_datetime(headers.get("date", "")[:_DATE])
            self._ahead = there.astimezone(dt.UTC) - dt.datetime.now(tz=dt.UTC)
        return headers, data

    def now(self) -> dt.datetime:
        """Return GitHub's time, by its last answer that named it: this machine's may be wrong."""
        return dt.datetime.now(tz=dt.UTC) + self._ahead

    async def pages(
        self,
        endpoint: ApiEndpoint,
        path: str,
        *,
        limit: int,
        query: Mapping[str, str] | None = None,
        are_all: Callable[[int], Awaitable[bool]] | None = None,
    ) -> list[Any]:
        """Return the entries of the list at ``path`` below the repository, in order.

        ``limit`` is the most pages that are read.

        PyGithub's own lists read one page after the other. GitHub names the last page in the
        ``link`` header of the first, so all others are asked for side by side. A full page without
        that header may come from a proxy that drops it: then the next page is asked for until one
        is not full, or the same again, or ``are_all`` knows that so many entries are all.
        """

        async def page(number: int) -> tuple[str, list[Any]]:
            """Return the ``link`` header and the entries of a page."""
            parameters = {**(query or {}), "per_page": PER_PAGE}
            parameters |= {"page": number} if number > 1 else {}
            headers, entries = await self._raw(endpoint, "GET", path, parameters=parameters)
            if not isinstance(entries, list):
                raise error_mapping.invalid(endpoint, "no list")
            return headers.get("link", ""), entries

        links, found = await page(1)
        if last := re.search(r'[?&]page=(\d{1,6})\b[^<>]*>;\s*rel="last"', links[:_LINKS]):
            numbers = range(2, min(int(last[1]), limit) + 1)
            for _, entries in await asyncio.gather(*map(page, numbers)):
                found += entries
            return found
        entries, number = found, 1
        while number < limit and (
            'rel="next"' in links
            or (
                not links
                and len(entries) == PER_PAGE
                and not (are_all and await are_all(len(found)))
            )
        ):
            previous, number = entries, number + 1
            links, entries = await page(number)
            if entries == previous:
                break
            found = [*found, *entries]
        return found

    async def graphql(
        self,
        operation: Operation,
        variables: Mapping[str, Any],
        *,
        essential: str | None = None,
        once: bool = False,
    ) -> dict[str, Any]:
        """Return the data of a GraphQL operation.

        ``owner`` and ``name`` of the repository are added to the variables of a query. Errors make
        the whole answer one, unless the top-level field ``essential`` is there in spite of them.

        Raises:
            ForgeError: GitHub failed, or a part of the answer did.
        """
        if operation.effect is Effect.READ:
            variables = {"owner": self.owner, "name": self.name, **variables}

        def ask(repository: Repository) -> dict[str, Any]:
            try:
                _, answer = repository.requester.graphql_query(operation.document, dict(variables))
            except GithubException as error:
                data = error.data.get("data") if isinstance(error.data, dict) else None
                if essential and isinstance(data, dict) and data.get(essential):
                    log.debug("%s was done in part", operation.name)
                    return data
                raise
            if not isinstance(answer["data"], dict):
                raise TypeError
            return answer["data"]

        return await self.call(operation, ask, once=once)

    async def _send(self, endpoint: ApiEndpoint, ask: Callable[[Repository], T]) -> T:
        """Send one request, log it, and turn every failure into an error of the tree."""
        if self.requests >= MOST_REQUESTS:
            raise error_mapping.invalid(endpoint, f"no end after {MOST_REQUESTS:,} requests")
        self.requests += 1
        started = time.monotonic()
        result = "no answer"
        loop = asyncio.get_running_loop()
        try:
            answer = await loop.run_in_executor(self._executor, self._ask, ask)
            result = "done"
        except GithubException as error:
            result = f"status {error.status}"
            headers, data = error.headers or {}, error.data
            # GraphQL's errors have status 200; PyGithub shows them as 400 or 404.
            if isinstance(endpoint, Operation) and isinstance(data, dict) and "errors" in data:
                raise error_mapping.graphql_refusal(
                    headers, data, endpoint, secret=self._token
                ) from None
            raise error_mapping.refusal_of(
                error.status, headers, data, endpoint, secret=self._token
            ) from None
        except _UNUSABLE as error:
            # Its text holds addresses and, in some cases, pieces of the answer.
            raise error_mapping.no_answer(error, endpoint, self._timeout) from None
        finally:
            log.debug("%s: %s in %.2f s", endpoint.name, result, time.monotonic() - started)
        return answer

    def _ask(self, ask: Callable[[Repository], T]) -> T:
        """Run ``ask`` with this thread's PyGithub, if need be again for a renamed repository."""
        try:
            return ask(self._repository())
        except _Redirected as redirect:
            number = self._number_of_repository(redirect.location)
        # GitHub, "Follow redirects": a renamed repository answers with `/repositories/NUMBER`.
        self._thread.repository = self._thread.github.get_repo(number)
        try:
            return ask(self._thread.repository)
        except _Redirected:
            # It may be another repository that was renamed.
            del self._thread.repository
            raise UnwantedAnswer(_ELSEWHERE) from None

    def _repository(self) -> Repository:
        """Return this thread's repository, which nothing is read for before it is asked for."""
        if not hasattr(self._thread, "repository"):
            self._thread.github = Github(
                auth=Auth.Token(self._token),
                base_url=self._api_url,
                timeout=self._timeout,
                user_agent=f"predict-edit/{__version__}",
                per_page=PER_PAGE,
                retry=_NoRetry(),
                pool_size=1,
                seconds_between_requests=None,
                seconds_between_writes=None,
                lazy=True,
                api_version=API_VERSION,
            )
            self._open.append(self._thread.github)
            self._thread.repository = self._thread.github.get_repo(f"{self.owner}/{self.name}")
        repository: Repository = self._thread.repository
        return repository

    def _number_of_repository(self, location: str) -> int:
        """Return the number of a renamed repository of the same API, from a redirect to it."""
        api = urlsplit(self._api_url)
        address = f"{api.scheme}://{api.netloc}{location}" if location[:1] == "/" else location
        found = re.match(rf"{re.escape(self._api_url)}/repositories/(\d{{1,12}})/", address)
        if not found:
            raise UnwantedAnswer(_ELSEWHERE)
        return int(found.group(1))


class HostPart:
    """Questions to one repository that belong together."""

    def __init__(self, client: Client) -> None:
        self._client = client


def parse(kind: type[T], data: Any, endpoint: ApiEndpoint, *path: str) -> T:
    """Return the part of an answer at ``path`` as ``kind``.

    Raises:
        ForgeAnswerInvalid: a field is missing or of another type; endpoint and field are named.
    """
    for name in path:
        data = data.get(name) if isinstance(data, dict) else None
    try:
        found: T = _adapter(kind).validate_python(data)  # type: ignore[arg-type] # hashable
    except pydantic.ValidationError as error:
        field, reason, _ = first_problem(error)
        field = field or ".".join(path) or "(top)"
        problem = error_mapping.invalid(endpoint, f"no usable field `{field}` ({reason})")
    else:
        return found
    # Pydantic's own exception holds the input, so it is not chained.
    raise problem


@functools.cache
def _adapter(kind: Any) -> pydantic.TypeAdapter[Any]:
    """Return the reader of a kind, which takes milliseconds to build."""
    return pydantic.TypeAdapter(kind)


def _check_address(url: str) -> None:
    """Accept an address the token may be sent to: https, or http within this machine."""
    parts = urlsplit(url)
    here = is_loopback(url)
    if parts.hostname and (parts.scheme == "https" or (parts.scheme == "http" and here)):
        return
    raise EventError(
        "GITHUB_API_URL is not an https address.",
        "Set up TLS on GitHub Enterprise Server: the token is never sent in the clear, not even "
        "within a private network.",
    )


def _reach_directly(host: str) -> None:
    """Let no proxy of the environment have what is sent to this machine.

    PyGithub takes no proxy settings, and requests reads them from the environment only.
    """
    known = os.environ.get("no_proxy") or os.environ.get("NO_PROXY") or ""
    if host not in known.split(","):
        os.environ["no_proxy"] = f"{known},{host}".strip(",")


def _check_token(token: str) -> None:
    """Accept a token that can be put into a header."""
    if not token:
        raise MissingInput("The GitHub token is missing.", "Set the input `github-token`.")
    if not token.isascii() or not token.isprintable() or " " in token:
        raise InvalidInput(
            "The input `github-token` holds characters that no token has.",
            "Look for a line break or a blank in the secret.",
        )
