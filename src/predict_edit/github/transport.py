"""One request to GitHub at a time and thread, through PyGithub's requester.

PyGithub is synchronous, and one requester keeps one connection with the state of its request: it
is not safe to share. Every worker thread therefore has its own. PyGithub's retries are switched
off, because they repeat writes; who may be asked again is decided in ``client``.
"""

from __future__ import annotations

import functools
import json
import logging
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import SplitResult, urlsplit

import requests
from github.Requester import (
    HTTPRequestsConnectionClass,
    HTTPSRequestsConnectionClass,
    Requester,
    RequestsResponse,
)

from github import Auth
from predict_edit import __version__
from predict_edit.github.answer import Answer

API_VERSION: Final = "2022-11-28"
"""The newest version that GitHub Enterprise Server also speaks."""
PER_PAGE: Final = 100
REDIRECTS_LIMIT: Final = 3
_REDIRECTS: Final = frozenset(
    {
        HTTPStatus.MOVED_PERMANENTLY,
        HTTPStatus.FOUND,
        HTTPStatus.TEMPORARY_REDIRECT,
        HTTPStatus.PERMANENT_REDIRECT,
    }
)


class ForeignRedirect(Exception):
    """A redirect away from the configured host, or one too many; it was not followed."""


class _Redirected(Exception):
    """An answer that points elsewhere; ours to judge, for PyGithub would drop its query."""

    def __init__(self, location: str) -> None:
        super().__init__()
        self.location = location


def _checked(answer: RequestsResponse) -> RequestsResponse:
    """An answer that is no redirect, to be read as UTF-8."""
    if answer.status in _REDIRECTS:
        raise _Redirected(answer.headers.get("location", ""))
    # JSON is UTF-8; without a charset in the header requests would guess one.
    answer.response.encoding = "utf-8"
    return answer


class _Http(HTTPRequestsConnectionClass):
    """PyGithub's plain connection, with redirects left to us."""

    def getresponse(self) -> RequestsResponse:
        """Send and wait for the answer."""
        return _checked(super().getresponse())


class _Https(HTTPSRequestsConnectionClass):
    """PyGithub's TLS connection, with redirects left to us."""

    def getresponse(self) -> RequestsResponse:
        """Send and wait for the answer."""
        return _checked(super().getresponse())


class _Worker:
    """What one thread sends with: a requester and its one connection."""

    def __init__(self, api_url: str, token: str) -> None:
        self._api = urlsplit(api_url)
        self._requester = Requester(
            auth=Auth.Token(token),
            base_url=api_url,
            timeout=30,
            user_agent=f"predict-edit/{__version__}",
            per_page=PER_PAGE,
            verify=True,
            retry=None,
            pool_size=1,
            seconds_between_requests=None,
            seconds_between_writes=None,
            lazy=True,
            api_version=API_VERSION,
        )
        self._connections: dict[str, _Http | _Https] = {}

    def send(
        self,
        method: str,
        url: str,
        *,
        parameters: Mapping[str, Any],
        body: Any,
        timeout: int,
    ) -> Answer:
        """Send once, following redirects within the host.

        Raises:
            requests.exceptions.RequestException: no complete answer came.
            ForeignRedirect: GitHub pointed elsewhere.
        """
        query = dict(parameters)
        for _ in range(REDIRECTS_LIMIT + 1):
            connection = self._connection(urlsplit(url), timeout)
            try:
                status, headers, text = self._requester.requestJson(
                    method,
                    url,
                    parameters=query,
                    headers={"Accept": "application/vnd.github+json"},
                    input=body,
                    cnx=connection,
                )
            except _Redirected as redirect:
                url, query = self._inside(redirect.location), {}
                continue
            return _answer(status, headers, text)
        raise ForeignRedirect

    def _inside(self, location: str) -> str:
        """The address a redirect names, if it stays with the API."""
        target = urlsplit(location)
        if not target.netloc and location.startswith("/"):
            return f"{self._api.scheme}://{self._api.netloc}{location}"
        if origin(target) != origin(self._api):
            raise ForeignRedirect
        return location

    def _connection(self, url: SplitResult, timeout: int) -> _Http | _Https:
        """The connection for an absolute address, or to the API where there is only a path."""
        target = url if url.netloc else self._api
        connection = self._connections.get(target.netloc)
        if connection is None:
            host = target.hostname or ""
            kind = _Https if target.scheme == "https" else _Http
            connection = kind(f"[{host}]" if ":" in host else host, target.port, pool_size=1)
            self._connections[target.netloc] = connection
        connection.timeout = timeout
        return connection

    def close(self) -> None:
        """Close the connections."""
        for connection in self._connections.values():
            connection.close()
        self._requester.close()


def _answer(status: int, headers: Mapping[str, Any], text: str) -> Answer:
    """What PyGithub gives, as our answer."""
    names = {name.lower(): str(value) for name, value in headers.items()}
    if not text:
        return Answer(status=status, headers=names, data=None)
    try:
        return Answer(status=status, headers=names, data=json.loads(text))
    except (ValueError, RecursionError):
        return Answer(status=status, headers=names, data=None, is_json=False)


def origin(url: SplitResult) -> tuple[str, str | None, int]:
    """Scheme, host and port, with the scheme's own port filled in."""
    return url.scheme, url.hostname, url.port or (443 if url.scheme == "https" else 80)


class WorkerPool:
    """A fixed number of threads, each with its own connection."""

    def __init__(self, api_url: str, token: str, *, workers: int) -> None:
        # At debug level PyGithub logs what it sends and gets, file contents included.
        logging.getLogger("github").setLevel(logging.WARNING)
        self._make: Callable[[], _Worker] = functools.partial(_Worker, api_url, token)
        self._local = threading.local()
        self._workers: list[_Worker] = []
        self._lock = threading.Lock()
        self.executor = ThreadPoolExecutor(workers, thread_name_prefix="github")

    def send(
        self,
        method: str,
        url: str,
        *,
        parameters: Mapping[str, Any],
        body: Any,
        timeout: int,
    ) -> Answer:
        """Send with this thread's connection; see :meth:`_Worker.send`."""
        worker: _Worker | None = getattr(self._local, "worker", None)
        if worker is None:
            worker = self._local.worker = self._make()
            with self._lock:
                self._workers.append(worker)
        return worker.send(method, url, parameters=parameters, body=body, timeout=timeout)

    def close(self) -> None:
        """Let running requests end, drop waiting ones, close all connections."""
        self.executor.shutdown(wait=True, cancel_futures=True)
        with self._lock:
            for worker in self._workers:
                worker.close()
            self._workers.clear()


# PyGithub turns some headers into numbers and lets a ValueError out where they are none.
NO_ANSWER: Final = (requests.exceptions.RequestException, ForeignRedirect, ValueError)
