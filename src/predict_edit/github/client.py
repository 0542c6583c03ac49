"""Requests to one repository on GitHub: who is asked again, how long is waited, what is counted."""

from __future__ import annotations

import asyncio
import functools
import secrets
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final

from predict_edit.domain.errors import (
    EventError,
    ForgeError,
    ForgeRateLimited,
    ForgeRefused,
    ForgeUnavailable,
)
from predict_edit.github import addresses, failures
from predict_edit.github.answer import Answer
from predict_edit.github.endpoints import Effect, Endpoint
from predict_edit.github.record import RequestRecord
from predict_edit.github.transport import NO_ANSWER, PER_PAGE, WorkerPool
from predict_edit.support.log import log

WORKERS: Final = 8
"""Requests at the same time; GitHub allows 100 and slows down who uses them."""
READ_TIMEOUT: Final = 30
WRITE_TIMEOUT: Final = 90
"""Seconds; a review with many comments takes GitHub long."""
PAUSES: Final = (0.5, 1.0, 2.0)
"""Seconds before each repetition of a request that found GitHub unavailable."""
_RATE_LIMIT_REPETITIONS: Final = 2
_ERROR_STATUS: Final = 400
_UNPROCESSABLE: Final = 422

Sleep = Callable[[float], Awaitable[None]]


class Client:
    """Sends requests for one repository; close it with :meth:`aclose`.

    ``max_wait`` is how many seconds one request may wait for rate limits in all. Without a
    ``graphql_url``, or with one on another host than the API's, nothing goes over GraphQL.

    Raises:
        EventError: an address that the token must not be sent to, or a wrong repository name.
        SettingsError: no token, or one that cannot be sent.
    """

    def __init__(
        self,
        *,
        repository: str,
        token: str,
        api_url: str = "https://api.github.com",
        graphql_url: str | None = "https://api.github.com/graphql",
        workers: int = WORKERS,
        max_wait: float = 120.0,
        read_timeout: int = READ_TIMEOUT,
        write_timeout: int = WRITE_TIMEOUT,
        sleep: Sleep = asyncio.sleep,
    ) -> None:
        owner, slash, name = repository.partition("/")
        if not (owner and slash and name) or "/" in name:
            raise EventError(
                "The repository's name is not `owner/name`.",
                "Check GITHUB_REPOSITORY.",
            )
        self.owner, self.name = owner, name
        api = addresses.trusted(api_url.rstrip("/"), "GITHUB_API_URL")
        self.graphql_url = addresses.on_same_host(graphql_url, api)
        self.requests: list[RequestRecord] = []
        self._token = addresses.checked_token(token)
        self._max_wait = max_wait
        self._timeouts = {
            Effect.READ: read_timeout,
            Effect.REPLACE: write_timeout,
            Effect.CREATE: write_timeout,
        }
        self._sleep = sleep
        self._graphql_missing = self.graphql_url is None
        self._apart = False
        self._pool = WorkerPool(api_url.rstrip("/"), token, workers=workers)

    @property
    def has_graphql(self) -> bool:
        """Whether GraphQL is worth asking: it was given and has not turned out to be missing."""
        return not self._graphql_missing

    @property
    def joins(self) -> bool:
        """Whether it is worth asking for several things in one request."""
        return self.has_graphql and not self._apart

    def leave_graphql(self) -> None:
        """Ask nothing over GraphQL any more: what it should have told had to come over REST."""
        self._graphql_missing = True

    async def aclose(self) -> None:
        """Wait for running requests, then close all connections."""
        await asyncio.to_thread(self._pool.close)

    async def rest(
        self,
        endpoint: Endpoint,
        *,
        query: Mapping[str, str | int] | None = None,
        body: Mapping[str, Any] | None = None,
        once: bool = False,
        **values: str | int,
    ) -> Answer:
        """Call a REST endpoint; ``values`` fill its address beside owner and repository.

        With ``once`` nothing is repeated and no rate limit waited for.

        Raises:
            ForgeError: as :mod:`predict_edit.github.failures` maps it.
        """
        path = endpoint.path(owner=self.owner, repo=self.name, **values)
        if once:
            return await self._once(endpoint, path, query=query or {}, body=body)
        return await self._persist(endpoint, path, query=query or {}, body=body)

    async def graphql(
        self,
        endpoint: Endpoint,
        document: str,
        variables: Mapping[str, Any],
        *,
        repetitions: int = len(PAUSES),
    ) -> Answer:
        """Send a GraphQL document. The answer may be partial: look at its ``errors``.

        Raises:
            ForgeError: GitHub failed, or sent ``errors`` and no data at all.
        """
        if self.graphql_url is None:
            raise ForgeRefused(
                f"{endpoint.name} needs GraphQL, which is not there.", "Check GITHUB_GRAPHQL_URL."
            )
        try:
            answer = await self._persist(
                endpoint,
                self.graphql_url,
                query={},
                body={"query": document, "variables": dict(variables)},
                repetitions=repetitions,
            )
        except ForgeError as error:
            self._graphql_missing |= error.status in {404, 405, 410}
            raise
        if not isinstance(answer.data, dict):
            raise failures.invalid(endpoint, "no JSON object", status=answer.status)
        if answer.graphql_errors and not answer.has_some_data:
            raise failures.graphql_failure(answer, endpoint)
        return answer

    async def together(
        self, endpoint: Endpoint, document: str, variables: Mapping[str, Any]
    ) -> Answer:
        """Ask once for several things that could be asked for apart.

        After a failure nothing is asked for together any more: a host that refuses one such
        document would refuse the others, too.

        Raises:
            ForgeError: it failed, or a part of it did; ask for each thing by itself.
        """
        try:
            answer = await self.graphql(endpoint, document, variables, repetitions=0)
            if answer.graphql_errors:
                raise failures.graphql_failure(answer, endpoint)
        except ForgeError:
            self._apart = True
            raise
        return answer

    async def pages(
        self,
        endpoint: Endpoint,
        *,
        limit: int | None = None,
        query: Mapping[str, str | int] | None = None,
        **values: str | int,
    ) -> list[Answer]:
        """All pages of a list, in order, those after the first side by side.

        GitHub names the last page in the ``link`` header of the first. A full page without that
        header may be the last, or come from a host or a proxy that does not send it: so the next
        one is asked for, and a host that gives every page the same content is believed once.
        """
        path = endpoint.path(owner=self.owner, repo=self.name, **values)

        async def page(number: int) -> Answer:
            """One page of the list."""
            asked = {**(query or {}), "per_page": PER_PAGE}
            asked |= {"page": number} if number > 1 else {}
            return await self._persist(endpoint, path, query=asked, body=None)

        first = await page(1)
        if first.last_page is not None:
            last = min(first.last_page, limit or first.last_page)
            return [first, *await asyncio.gather(*map(page, range(2, last + 1)))]
        found = [first]
        while limit is None or len(found) < limit:
            full = isinstance(found[-1].data, list) and len(found[-1].data) == PER_PAGE
            if not (found[-1].has_next_page or (full and not found[-1].has_links)):
                break
            following = await page(len(found) + 1)
            if following.data == found[-1].data:
                break
            found.append(following)
        return found

    async def _persist(
        self,
        endpoint: Endpoint,
        url: str,
        *,
        query: Mapping[str, str | int],
        body: Mapping[str, Any] | None,
        repetitions: int = len(PAUSES),
    ) -> Answer:
        """Send until it succeeds, fails for good, or patience ends."""
        pauses = list(PAUSES[:repetitions]) if endpoint.effect is not Effect.CREATE else []
        waited = 0.0
        limited = 0
        while True:
            try:
                return await self._once(endpoint, url, query=query, body=body)
            except ForgeUnavailable:
                if not pauses:
                    raise
                pause = pauses.pop(0) * (1 + secrets.randbelow(1000) / 4000)
            except ForgeRateLimited as error:
                pause = error.retry_after or 0.0
                waited += pause
                limited += 1
                # A 422 says that something came too fast. The caller has to find out whether it
                # was done all the same.
                if (
                    waited > self._max_wait
                    or limited > _RATE_LIMIT_REPETITIONS
                    or error.status == _UNPROCESSABLE
                ):
                    raise
                log.info("GitHub asks to wait %.0f s (%s)", pause, endpoint.name)
            await self._sleep(pause)

    async def _once(
        self,
        endpoint: Endpoint,
        url: str,
        *,
        query: Mapping[str, str | int],
        body: Mapping[str, Any] | None,
    ) -> Answer:
        """Send one request, record it, and turn every failure into an error of the tree."""
        started = time.monotonic()
        status: int | None = None
        timeout = self._timeouts[endpoint.effect]
        send = functools.partial(
            self._pool.send,
            endpoint.method,
            url,
            parameters=query,
            body=body,
            timeout=timeout,
        )
        try:
            answer = await asyncio.get_running_loop().run_in_executor(self._pool.executor, send)
            status = answer.status
        except NO_ANSWER as error:
            # Its text holds addresses and, in some cases, pieces of the answer.
            raise failures.no_answer(error, endpoint, timeout) from None
        finally:
            shown = endpoint.name if url == self.graphql_url else url
            record = RequestRecord(
                method=endpoint.method,
                path=shown,
                status=status,
                seconds=time.monotonic() - started,
            )
            self.requests.append(record)
            log.debug("%s %s: %s in %.2f s", record.method, shown, status, record.seconds)
        if status >= _ERROR_STATUS:
            raise failures.failure_of(answer.without(self._token), endpoint)
        if not answer.is_json:
            raise failures.invalid(endpoint, "no JSON", status=status)
        return answer.without(self._token) if answer.graphql_errors else answer
