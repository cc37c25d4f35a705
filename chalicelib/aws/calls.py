"""How the hub calls AWS: clients made at first use, bounded waiting, and errors turned into those of `ports`.

boto3 costs a quarter of a second to import, so nothing here imports it before the first call.
"""

from __future__ import annotations

from contextlib import contextmanager
from threading import Lock
from typing import TYPE_CHECKING, Any

from chalicelib.foundation.ports import Doubtful, Refused, Throttled, Unavailable

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

CONNECT_TIMEOUT_S = 2
READ_TIMEOUT_S = 5
SEND_TIMEOUT_S = 10  # longer: to give up on what may have been sent leaves a doubt
ATTEMPTS = 3  # the first one counts
CONNECTIONS_MAX = 32  # the local HTTP server answers with many threads; Lambda needs one
TRY_AGAIN = frozenset(  # "not now": nothing was done, or the call may be repeated without harm
    {
        "InternalError",
        "InternalFailure",
        "InternalServerError",
        "ItemCollectionSizeLimitExceededException",
        "LimitExceededException",
        "OverLimit",
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
        "RequestThrottled",
        "RequestTimeout",
        "ServiceUnavailable",
        "SlowDown",
        "Throttled",
        "ThrottledException",
        "Throttling",
        "ThrottlingException",
        "TooManyRequestsException",
        "TransactionInProgressException",
    }
)
BUSY = frozenset({"Throttled", "ThrottledException", "Throttling", "ThrottlingException", "TooManyRequestsException"})
NOT_ALLOWED = frozenset({"AuthorizationError", "AccessDenied", "AccessDeniedException"})
SERVER_ERROR = 500
SERVICE_UNAVAILABLE = 503


class Clients:
    """boto3 clients, made at first use, one per service and kind of waiting; safe for several threads."""

    def __init__(self, endpoint_url: str | None, region: str) -> None:
        """`endpoint_url`: where all services are on one machine; None: AWS itself."""
        self._endpoint_url = endpoint_url
        self._region = region
        self._made: dict[tuple[str, int, int], Any] = {}
        self._session: Any = None
        self._making = Lock()

    def get(self, service: str, *, attempts: int = ATTEMPTS, read_timeout_s: int = READ_TIMEOUT_S) -> Any:
        """The client of a service; with `attempts` over 1 it repeats by itself what failed in a way that may pass."""
        key = (service, attempts, read_timeout_s)
        with self._making:
            if key not in self._made:
                self._made[key] = self._make(*key)
            return self._made[key]

    def get_once(self, service: str) -> Any:
        """A client for what must not happen twice: it never repeats a call by itself."""
        return self.get(service, attempts=1, read_timeout_s=SEND_TIMEOUT_S)

    def _make(self, service: str, attempts: int, read_timeout_s: int) -> Any:
        import boto3  # noqa: PLC0415 - costs a quarter of a second; only what is used is loaded
        from botocore.config import Config  # noqa: PLC0415 - comes with boto3

        waiting = Config(
            connect_timeout=CONNECT_TIMEOUT_S,
            read_timeout=read_timeout_s,
            retries={"mode": "standard", "total_max_attempts": attempts},
            max_pool_connections=CONNECTIONS_MAX,
            tcp_keepalive=True,
            s3={"addressing_style": "path"} if self._endpoint_url else None,
        )
        self._session = self._session or boto3.Session()  # of our own: it asks for credentials, and keeps them, once
        make: Any = self._session.client  # its type lists hundreds of literal names; ours is a variable
        return make(service, region_name=self._region, endpoint_url=self._endpoint_url, config=waiting)


def code_of(error: BaseException) -> str:
    """The code of a botocore ClientError, such as "ConditionalCheckFailedException"."""
    response: Mapping[str, Any] = getattr(error, "response", {})
    return str(response.get("Error", {}).get("Code", ""))


def status_of(error: BaseException) -> int:
    """The HTTP status of a botocore ClientError, 0 if it has none."""
    response: Mapping[str, Any] = getattr(error, "response", {})
    return int(response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))


@contextmanager
def reaching(service: str) -> Iterator[None]:
    """Turns what may pass by itself into `Unavailable`; other errors (ours, or a missing right) stay what they are."""
    from botocore import exceptions as boto  # noqa: PLC0415 - loaded with the client already

    try:
        yield
    except (boto.HTTPClientError, boto.ConnectionError) as error:
        raise Unavailable(f"{service} did not answer: {type(error).__name__}") from error
    except boto.ClientError as error:
        if code_of(error) in BUSY:
            raise Throttled(f"{service} said {code_of(error)}") from error
        if code_of(error) in TRY_AGAIN or status_of(error) >= SERVER_ERROR:
            raise Unavailable(f"{service} said {code_of(error)}") from error
        raise


@contextmanager
def handing_over(service: str) -> Iterator[None]:
    """As `reaching`, for what must not happen twice: raises `Doubtful` where it may have happened already.

    What AWS said is left out of the errors: it may hold a phone number or an address.
    """
    try:
        with reaching(service):
            yield
    except Unavailable as unavailable:
        if is_doubtful(unavailable.__cause__):
            raise Doubtful(f"{service} took the message and did not say what became of it") from None
        raise type(unavailable)(str(unavailable)) from None


def is_doubtful(cause: BaseException | None) -> bool:
    """Whether a request that failed like this may have been carried out all the same."""
    from botocore import exceptions as boto  # noqa: PLC0415 - loaded with the client already

    if isinstance(cause, boto.ConnectTimeoutError | boto.EndpointConnectionError | boto.ProxyConnectionError):
        return False  # no connection, so nothing was said
    if isinstance(cause, boto.ClientError):
        return status_of(cause) >= SERVER_ERROR and status_of(cause) != SERVICE_UNAVAILABLE
    return True


def refusal(service: str, error: Exception, for_good: frozenset[str]) -> Exception:
    """What a refusing answer means: `Refused` for the codes `for_good`, else `Unavailable`, until it is mended."""
    code = code_of(error)
    if code in for_good:
        return Refused(f"{service} said {code}")
    if code in NOT_ALLOWED:
        return Unavailable(f"{service} said {code}: this function's role lacks the right to send")
    return Unavailable(f"{service} said {code}")
