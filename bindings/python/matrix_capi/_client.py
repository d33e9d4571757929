"""The clients: Client blocks its thread, AsyncClient is awaited; what they can do is the same."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from types import TracebackType
from typing import TYPE_CHECKING, Any, TypeVar

from matrix_capi._answer import Answer, Field
from matrix_capi._answers import ANSWERS
from matrix_capi._async_calls import AsyncCalls
from matrix_capi._async_operations import AsyncOperations
from matrix_capi._calls import Calls
from matrix_capi._handle import Handle
from matrix_capi._native import Seconds
from matrix_capi._operations import Operations
from matrix_capi._options import Options
from matrix_capi._request import Request
from matrix_capi._starts import given, start_call, start_discover, start_submit_token

if TYPE_CHECKING:
    from typing_extensions import Self

A = TypeVar("A", bound=Answer)


class Discovery(Answer):
    """A homeserver, and how passwords are reset there.

    base_url                for a client
    versions                of the Matrix API that the homeserver speaks
    reset                   "email": PasswordReset works; "web": on the page account_management_uri;
                            "unavailable": nobody logs in by password here
    account_management_uri  with "web", if the homeserver names it
    issuer                  likewise
    """

    base_url: Field[str] = Field("base_url")
    versions: Field[list[str]] = Field("versions")
    reset: Field[str] = Field("reset")
    account_management_uri: Field[str | None] = Field("account_management_uri")
    issuer: Field[str | None] = Field("issuer")


class BaseClient(ABC):
    """The way to one homeserver. Close it, or use it in a with statement."""

    def __init__(
        self,
        homeserver: str | None = None,
        *,
        timeout: Seconds | None = None,
        connect_timeout: Seconds | None = None,
        user_agent: str | None = None,
        access_token: str | None = None,
        proxy: str | None = None,
        root_pem: str | None = None,
        bundled_roots: bool | None = None,
        max_retries: int | None = None,
        retry_delay: Seconds | None = None,
        max_rate_limit_wait: Seconds | None = None,
        max_response_bytes: int | None = None,
        max_idle_connections: int | None = None,
        idle_timeout: Seconds | None = None,
        allow_plain_http: bool | None = None,
        malloc_trim: bool | None = None,
    ) -> None:
        """Makes a client; nothing is sent yet. None leaves the default. Times are seconds or a timedelta.

        homeserver            the base URL, such as "https://matrix.example.org"; None: only discover()
        timeout               seconds that a whole call may take, retries included (30)
        connect_timeout       seconds that a connection may take to be made (10)
        user_agent            the User-Agent header ("matrix-capi/VERSION")
        access_token          of the account; it never travels with what resets a password
        proxy                 its URL (what the environment says in HTTPS_PROXY and its like)
        root_pem              certificate authorities to trust besides the public ones: the text, no file's name
        bundled_roots         check against Mozilla's roots instead of the system's
        max_retries           how often a failed request is sent again, where that is safe (2)
        retry_delay           the longest pause in seconds before the first retry (0.3)
        max_rate_limit_wait   the longest delay asked for by a server that is waited out (3)
        max_response_bytes    the largest answer that is taken (16 MiB)
        max_idle_connections  how many unused connections are kept (128)
        idle_timeout          for how many seconds (60)
        allow_plain_http      http:// to other machines, where anyone on the way can read passwords
        malloc_trim           after a burst of calls, give memory of the whole process back to the system (no)
        """
        options = Options(
            timeout=timeout,
            connect_timeout=connect_timeout,
            user_agent=user_agent,
            access_token=access_token,
            proxy=proxy,
            root_pem=root_pem,
            bundled_roots=bundled_roots,
            max_retries=max_retries,
            retry_delay=retry_delay,
            max_rate_limit_wait=max_rate_limit_wait,
            max_response_bytes=max_response_bytes,
            max_idle_connections=max_idle_connections,
            idle_timeout=idle_timeout,
            allow_plain_http=allow_plain_http,
            malloc_trim=malloc_trim,
        )
        self._handle = Handle(homeserver, options)
        self._open()

    @abstractmethod
    def _open(self) -> None: ...

    def set_access_token(self, access_token: str | None) -> None:
        """Changes the access token for the calls that are started from now on; None: none."""
        self._handle.set_access_token(access_token)

    def __reduce__(self) -> Any:
        raise TypeError(
            f"a {type(self).__name__} belongs to its process: make one in each"
        )


class Client(BaseClient, Operations):
    """Blocks the thread that calls; any number of threads may call it at once."""

    def _open(self) -> None:
        self._calls = Calls(self._handle)

    def send(self, request: Request) -> Answer:
        """Sends a request, which may be changed or sent again at once. The answer is of its operation's class."""
        answer = ANSWERS.get(request.operation, Answer)
        return answer.of(self._calls.run(request._start))

    def call(
        self, operation: str, params: Mapping[str, object] | None = None
    ) -> Answer:
        """Sends a Request that is needed once: its operationId, and its fields in a dict."""
        answer = ANSWERS.get(operation, Answer)
        return answer.of(self._calls.run(start_call(operation, params or {})))

    def _operate(
        self, operation: str, params: Mapping[str, object], answer: type[A]
    ) -> A:
        return answer.of(self._calls.run(start_call(operation, given(params))))

    def submit_token(
        self, submit_url: str, sid: str, client_secret: str, token: str
    ) -> None:
        """Hands in the token of a mail or text message, where its request answered with a submit_url."""
        start = start_submit_token(submit_url, sid, client_secret, token)
        self._calls.run(start).success()

    def discover(self, server: str) -> Discovery:
        """Finds a homeserver by a Matrix ID, a server name or a URL."""
        return Discovery.of(self._calls.run(start_discover(server)))

    def close(self) -> None:
        """Ends the calls of other threads with CancelledError, and frees the connections."""
        self._calls.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()


class AsyncClient(BaseClient, AsyncOperations):
    """Awaited in an asyncio event loop; cancelling a task ends its request."""

    def _open(self) -> None:
        self._calls = AsyncCalls(self._handle)

    async def send(self, request: Request) -> Answer:
        """Sends a request, which may be changed or sent again at once. The answer is of its operation's class."""
        answer = ANSWERS.get(request.operation, Answer)
        return answer.of(await self._calls.run(request._start))

    async def call(
        self, operation: str, params: Mapping[str, object] | None = None
    ) -> Answer:
        """Sends a Request that is needed once: its operationId, and its fields in a dict."""
        answer = ANSWERS.get(operation, Answer)
        return answer.of(await self._calls.run(start_call(operation, params or {})))

    async def _operate(
        self, operation: str, params: Mapping[str, object], answer: type[A]
    ) -> A:
        return answer.of(await self._calls.run(start_call(operation, given(params))))

    async def submit_token(
        self, submit_url: str, sid: str, client_secret: str, token: str
    ) -> None:
        """Hands in the token of a mail or text message, where its request answered with a submit_url."""
        start = start_submit_token(submit_url, sid, client_secret, token)
        (await self._calls.run(start)).success()

    async def discover(self, server: str) -> Discovery:
        """Finds a homeserver by a Matrix ID, a server name or a URL."""
        return Discovery.of(await self._calls.run(start_discover(server)))

    async def aclose(self) -> None:
        """Ends the calls of other tasks with CancelledError, and frees the connections."""
        await self._calls.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.aclose()
