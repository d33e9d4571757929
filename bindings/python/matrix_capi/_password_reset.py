"""The whole way from "forgot password" to a new one: PasswordReset for Client, AsyncPasswordReset for AsyncClient."""

from __future__ import annotations

from types import TracebackType
from typing import TYPE_CHECKING, Any

from matrix_capi._client import AsyncClient, Client
from matrix_capi._native import Seconds
from matrix_capi._reset import NativeReset, make_new, make_restored
from matrix_capi._statuses import Stage

if TYPE_CHECKING:
    from typing_extensions import Self


class BaseReset:
    """What both forms have in common: the state between two steps."""

    _native: NativeReset

    @property
    def stage(self) -> Stage:
        """What must happen next."""
        return self._native.stage

    def save(self) -> str:
        """The reset as JSON, for restore() in this or another process. It holds a secret."""
        return self._native.save()

    def close(self) -> None:
        """Wipes the secrets. A step that is running goes on."""
        self._native.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def __reduce__(self) -> Any:
        raise TypeError(f"a {type(self).__name__} belongs to its process: save() it")


class PasswordReset(BaseReset):
    """A reset whose steps block the thread; one runs at a time, a second is a MisuseError."""

    def __init__(
        self, client: Client, email: str, next_link: str | None = None
    ) -> None:
        """Makes a reset of the account with this address; nothing is sent yet.

        next_link  an absolute URI to which the person is led after confirming
        """
        self._client = client
        self._native = NativeReset(client._handle, make_new(email, next_link))

    @classmethod
    def restore(cls, client: Client, saved: str) -> Self:
        """Goes on with a reset that was saved, with a client of the same homeserver."""
        reset = cls.__new__(cls)
        reset._client = client
        reset._native = NativeReset(client._handle, make_restored(saved))
        return reset

    def send(self) -> None:
        """Asks for the mail; once more for another one.

        That it returns says nothing of whether the address has an account. Raises WebRequired
        where accounts live on a web page.
        """
        self._client._calls.run(self._native.send()).success()

    def submit_token(self, token: str) -> None:
        """Hands in the token of the mail, where stage is AWAITS_TOKEN."""
        self._client._calls.run(self._native.submit_token(token)).success()

    def finish(
        self, new_password: str, *, logout_devices: bool, wait: Seconds = 0
    ) -> None:
        """Changes the password, if the mail has been confirmed; raises Pending if it has not.

        After a MatrixError about the password's strength, and after UnknownOutcome, it can be
        called again.

        logout_devices  whether all sessions of the account are ended: ask the person
        wait            how long to poll for the confirmation: seconds, or a timedelta
        """
        start = self._native.finish(new_password, logout_devices, wait)
        self._client._calls.run(start).success()


class AsyncPasswordReset(BaseReset):
    """A reset whose steps are awaited; one runs at a time, a second is a MisuseError."""

    def __init__(
        self, client: AsyncClient, email: str, next_link: str | None = None
    ) -> None:
        """Makes a reset of the account with this address; nothing is sent yet.

        next_link  an absolute URI to which the person is led after confirming
        """
        self._client = client
        self._native = NativeReset(client._handle, make_new(email, next_link))

    @classmethod
    def restore(cls, client: AsyncClient, saved: str) -> Self:
        """Goes on with a reset that was saved, with a client of the same homeserver."""
        reset = cls.__new__(cls)
        reset._client = client
        reset._native = NativeReset(client._handle, make_restored(saved))
        return reset

    async def send(self) -> None:
        """Asks for the mail; once more for another one.

        That it returns says nothing of whether the address has an account. Raises WebRequired
        where accounts live on a web page.
        """
        (await self._client._calls.run(self._native.send())).success()

    async def submit_token(self, token: str) -> None:
        """Hands in the token of the mail, where stage is AWAITS_TOKEN."""
        (await self._client._calls.run(self._native.submit_token(token))).success()

    async def finish(
        self, new_password: str, *, logout_devices: bool, wait: Seconds = 0
    ) -> None:
        """Changes the password, if the mail has been confirmed; raises Pending if it has not.

        After a MatrixError about the password's strength, and after UnknownOutcome, it can be
        called again. Cancelling the task ends the polling.

        logout_devices  whether all sessions of the account are ended: ask the person
        wait            how long to poll for the confirmation: seconds, or a timedelta
        """
        start = self._native.finish(new_password, logout_devices, wait)
        (await self._client._calls.run(start)).success()
