"""What the doors make of a service that is slow, full, broken, or says no."""

from __future__ import annotations

import socket
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from chalicelib.aws.environment import Aws, queue_variables, table_variables
from chalicelib.aws.items import item_of
from chalicelib.aws.statements import update_of
from chalicelib.foundation.keys import TABLES
from chalicelib.foundation.ports import Conflict, Doubtful, Letter, Refused, Text, Unavailable, Write
from tests.fakes.aws_service import GONE, Says, ScriptedService
from tests.fakes.memory import ManualClock

if TYPE_CHECKING:
    from collections.abc import Callable

NAMES = [*table_variables().values(), *queue_variables().values(), "HUB_BUCKET", "HUB_TOPIC"]
EVENT: dict[str, Any] = {"event_id": "e", "version": 1}
DOC = '{"event_id":"e","version":1}'
FULL = {"open_shard": "0", "received_at": "2026", "parked_business": "salon", "expires_at": 2_000_000_000}
ANEW = [Write("inbox", {"event_id": key, "version": 2} | FULL, 1) for key in "ef"]  # what one statement each can write


@pytest.fixture(autouse=True)
def _credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")


def aws(url: str) -> Aws:
    variables = dict.fromkeys(NAMES, f"{url}/000000000000/name") | {"HUB_BUCKET": "bucket"}
    topic = {"HUB_TOPIC": "arn:aws:sns:eu-central-1:000000000000:t", "HUB_MAIL_FROM": "hub@example.org"}
    where = {"AWS_ENDPOINT_URL": url, "AWS_REGION": "eu-central-1"}
    return Aws(variables | topic | where, ManualClock(datetime(2026, 3, 2, tzinfo=UTC)))


def nowhere() -> str:
    """An address where nothing listens."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return f"http://127.0.0.1:{taken.getsockname()[1]}"


CALLS: dict[str, Callable[[Aws], object]] = {
    "get": lambda it: it.documents.get("inbox", "e"),
    "write": lambda it: it.documents.write(Write("inbox", EVENT, None)),
    "queue": lambda it: it.queues.send("inbox", {"event_id": "e"}),
    "put": lambda it: it.bucket.put("k", b"x"),
    "blob": lambda it: it.bucket.get("k"),
    "text": lambda it: it.texts.send(Text("+12025550123", "x")),
    "mail": lambda it: it.mail.send(Letter("ada@example.com", "s", "x")),
}


@pytest.mark.parametrize("call", ["get", "put", "text", "mail"])
def test_a_service_that_is_not_there_is_unavailable(call: str) -> None:
    with pytest.raises(Unavailable):
        CALLS[call](aws(nowhere()))


@pytest.mark.parametrize("call", ["get", "queue", "blob"])
def test_a_service_that_hangs_up_is_asked_again_and_then_unavailable(call: str) -> None:
    with ScriptedService(GONE) as service, pytest.raises(Unavailable):
        CALLS[call](aws(service.url))
    assert len(service.asked) == 3


@pytest.mark.parametrize(
    "code", ["ProvisionedThroughputExceededException", "ThrottlingException", "InternalServerError"]
)
def test_a_store_that_is_too_busy_is_unavailable(code: str) -> None:
    status = 500 if code.startswith("Internal") else 400
    with ScriptedService(Says(status, code)) as service, pytest.raises(Unavailable, match=code):
        aws(service.url).documents.get("inbox", "e")


def test_one_throttled_answer_is_not_noticed() -> None:
    with ScriptedService(Says(400, "ThrottlingException"), Says(more={"Item": {"doc": {"S": DOC}}})) as service:
        assert aws(service.url).documents.get("inbox", "e") == EVENT


def lost(more: dict[str, Any]) -> tuple[str, Says]:
    """The answer to a write is lost; asked again, the store says that something lies there."""
    return GONE, Says(400, "ConditionalCheckFailedException", more)


def test_a_write_whose_answer_was_lost_finds_itself_and_is_no_conflict() -> None:
    with ScriptedService(*lost({"Item": {"doc": {"S": DOC}}})) as service:
        aws(service.url).documents.write(Write("inbox", EVENT, None))
        assert len(service.asked) == 2


def test_a_write_whose_answer_was_lost_and_that_finds_another_is_a_conflict() -> None:
    with ScriptedService(*lost({"Item": {"doc": {"S": "{}"}}})) as service, pytest.raises(Conflict):
        aws(service.url).documents.write(Write("inbox", EVENT, None))


def test_the_same_document_found_at_the_first_try_was_written_by_another() -> None:
    says = Says(400, "ConditionalCheckFailedException", {"Item": {"doc": {"S": DOC}}})
    with ScriptedService(says) as service, pytest.raises(Conflict):
        aws(service.url).documents.write(Write("inbox", EVENT, None))


@pytest.mark.parametrize(
    ("codes", "raised"),
    [
        (["None", "ConditionalCheckFailed"], Conflict),
        (["TransactionConflict", "None"], Conflict),
        (["ThrottlingError", "None"], Unavailable),
        (["ThrottlingError", "ConditionalCheckFailed"], Conflict),
    ],
)
def test_a_cancelled_transaction_is_a_conflict_or_too_busy(codes: list[str], raised: type[Exception]) -> None:
    says = Says(400, "TransactionCanceledException", {"CancellationReasons": [{"Code": code} for code in codes]})
    with ScriptedService(says) as service, pytest.raises(raised):
        aws(service.url).documents.write(Write("inbox", EVENT, None), Write("inbox", EVENT | {"event_id": "f"}, None))


def together(*answers: dict[str, Any], before: tuple[str, ...] = ()) -> list[Conflict | Unavailable | None]:
    """What becomes of two documents that are written anew in one call, with these answers."""
    alone = Says(more={"Responses": list(answers[1:])})  # what is asked again, of the second one
    with ScriptedService(*before, Says(more={"Responses": list(answers)}), alone) as service:
        return aws(service.url).documents.write_each(ANEW)


def refused(code: str, **item: Any) -> dict[str, Any]:
    return {"Error": {"Code": code, "Message": "m"} | ({"Item": item} if item else {})}


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("ConditionalCheckFailed", Conflict),
        ("TransactionConflict", Conflict),
        ("ThrottlingError", Unavailable),
        ("ProvisionedThroughputExceeded", Unavailable),
    ],
)
def test_of_documents_written_in_one_call_one_may_fail(code: str, kind: type[Exception]) -> None:
    failures = together({}, refused(code))
    assert failures[0] is None
    assert isinstance(failures[1], kind)


def test_a_throttled_statement_is_tried_again_in_the_same_call() -> None:
    first = Says(more={"Responses": [{}, refused("ThrottlingError")]})
    with ScriptedService(first, Says(more={"Responses": [{}]})) as service:
        assert aws(service.url).documents.write_each(ANEW) == [None, None]
        assert len(service.asked) == 2


def test_a_call_that_was_lost_and_repeated_finds_what_it_wrote() -> None:
    ours = {"doc": item_of(TABLES["inbox"], ANEW[0].document)["doc"], "version": {"N": "2"}}
    again = [refused("ConditionalCheckFailed", **ours), refused("ConditionalCheckFailed", version={"N": "7"})]
    failures = together(*again, before=(GONE,))
    assert failures[0] is None
    assert isinstance(failures[1], Conflict)
    assert isinstance(together(*again)[0], Conflict), "at the first try somebody else wrote the same"


def test_a_statement_that_will_never_be_carried_out_fails_alone_and_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    failures = together({}, refused("AccessDenied"))
    assert failures[0] is None
    assert isinstance(failures[1], Unavailable)
    assert "inbox: f: AccessDenied" in caplog.text


def test_a_statement_that_is_not_taken_as_one_is_put_by_itself() -> None:
    """Whatever a service thinks of PartiQL's grammar, the document is written under the same condition."""
    answers = Says(more={"Responses": [{}, refused("ValidationError")]}), Says(more={})
    with ScriptedService(*answers) as service:
        assert aws(service.url).documents.write_each(ANEW) == [None, None]
        assert len(service.asked) == 2


def test_what_has_to_lose_an_attribute_is_no_statement() -> None:
    """SET and REMOVE in one statement: AWS's grammar does not say whether that is one."""
    bare = [Write("inbox", {"event_id": key, "version": 2, "expires_at": 2_000_000_000}, 1) for key in "ef"]
    with ScriptedService(Says(more={}), Says(more={})) as service:
        assert aws(service.url).documents.write_each(bare) == [None, None]
        assert len(service.asked) == 2
    (statement,) = {update_of(TABLES["inbox"], "t", one.document, 1, 5)["Statement"] for one in ANEW}
    assert "REMOVE" not in statement


def test_documents_of_a_call_that_nobody_answers_are_unavailable() -> None:
    assert [type(one) for one in aws(nowhere()).documents.write_each(ANEW)] == [Unavailable, Unavailable]


def test_what_a_batch_read_leaves_over_is_asked_for_again() -> None:
    with ScriptedService(GONE) as service:
        name = f"{service.url}/000000000000/name"
        first = {
            "Responses": {name: [{"doc": {"S": DOC}}]},
            "UnprocessedKeys": {name: {"Keys": [{"event_id": {"S": "f"}}]}},
        }
        second = {"Responses": {name: [{"doc": {"S": DOC.replace('e"', 'f"', 1)}}]}, "UnprocessedKeys": {}}
        service.script = [Says(more=first), Says(more=second)]
        found = aws(service.url).documents.get_many("inbox", ["e", "f"])
    assert len(found) == 2
    assert b'"f"' in service.asked[1]
    assert b'"e"' not in service.asked[1]


def test_messages_that_a_queue_did_not_take_are_sent_again_alone() -> None:
    first = Says(more={"Successful": [], "Failed": [{"Id": "1", "SenderFault": False, "Code": "InternalError"}]})
    with ScriptedService(first, Says(more={"Successful": [], "Failed": []})) as service:
        aws(service.url).queues.send("inbox", {"n": 0}, {"n": 1})
    assert [body.count(b"MessageBody") for body in service.asked] == [2, 1]


def test_a_message_that_is_itself_at_fault_is_not_sent_again() -> None:
    says = Says(more={"Failed": [{"Id": "0", "SenderFault": True, "Code": "InvalidMessageContents"}]})
    with ScriptedService(says) as service, pytest.raises(ValueError, match="InvalidMessageContents"):
        aws(service.url).queues.send("inbox", {"n": 0})
    assert len(service.asked) == 1


@pytest.mark.parametrize(("message", "delay_s"), [({"x": "x" * 300_000}, 0), ({}, 901), ({}, -1)])
def test_what_no_queue_takes_is_refused_before_it_is_sent(message: dict[str, str], delay_s: int) -> None:
    with pytest.raises(ValueError, match=r"bucket|table"):
        aws(nowhere()).queues.send("inbox", message, delay_s=delay_s)


@pytest.mark.parametrize("call", ["text", "mail"])
@pytest.mark.parametrize("says", [GONE, 500])
def test_a_notice_that_may_have_gone_out_is_doubtful_and_not_repeated(call: str, says: str | int) -> None:
    script = says if isinstance(says, str) else Says(says, "InternalError", xml=call == "text")
    with ScriptedService(script) as service, pytest.raises(Doubtful):
        CALLS[call](aws(service.url))
    assert len(service.asked) == 1


@pytest.mark.parametrize(
    ("call", "status", "code", "raised"),
    [
        ("text", 400, "InvalidParameter", Refused),
        ("text", 400, "OptedOut", Refused),
        ("text", 400, "Throttled", Unavailable),
        ("text", 503, "ServiceUnavailable", Unavailable),
        ("text", 403, "AuthorizationError", Unavailable),
        ("mail", 400, "MessageRejected", Refused),
        ("mail", 429, "TooManyRequestsException", Unavailable),
        ("mail", 400, "AccountSuspendedException", Unavailable),
    ],
)
def test_a_refusal_says_whose_fault_it_is_and_names_nobody(
    call: str, status: int, code: str, raised: type[Exception]
) -> None:
    with (
        ScriptedService(Says(status, code, xml=call == "text")) as service,
        pytest.raises(raised, match=code) as caught,
    ):
        CALLS[call](aws(service.url))
    shown: BaseException | None = caught.value
    while shown is not None:  # what a traceback in a log would show
        assert not {word for word in ("+1202", "ada@") if word in str(shown)}
        shown = None if shown.__suppress_context__ and shown.__cause__ is None else shown.__cause__ or shown.__context__
    assert len(service.asked) == 1


def test_mail_that_is_switched_off_is_refused() -> None:
    off = aws(nowhere())
    without = Aws(dict.fromkeys(NAMES, "x"), ManualClock(datetime(2026, 3, 2, tzinfo=UTC)))
    assert off.mail is not without.mail
    with pytest.raises(Refused, match="HUB_MAIL_FROM"):
        without.mail.send(Letter("ada@example.com", "s", "x"))


@pytest.mark.parametrize("call", ["write", "queue", "put"])
def test_a_missing_right_is_our_own_mistake_and_stays_visible(call: str) -> None:
    """Not `Unavailable`: trying again would hide it."""
    with (
        ScriptedService(Says(403, "AccessDeniedException", xml=call == "put")) as service,
        pytest.raises(Exception, match="AccessDenied") as caught,
    ):
        CALLS[call](aws(service.url))
    assert not isinstance(caught.value, Unavailable)
