"""MiniStack is closed: to web pages, to other users of the machine, to whoever wants to run code in it."""

from __future__ import annotations

import io
import zipfile
from typing import TYPE_CHECKING, Any

import boto3
import httpx
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from infra.local.ministack import REGION, secret_of
from infra.local.ministack_guard import HEALTH, OWN_HEADER
from infra.local.stack import client

if TYPE_CHECKING:
    from infra.local.stack import Stack

pytestmark = pytest.mark.aws


def stranger(service: str, endpoint_url: str, secret: str = "test") -> Any:  # noqa: S107 - not the secret
    make: Any = boto3.client
    once = Config(retries={"total_max_attempts": 1})
    keys = {"aws_access_key_id": "test", "aws_secret_access_key": secret}
    return make(service, region_name=REGION, endpoint_url=endpoint_url, config=once, **keys)


@pytest.mark.parametrize(
    ("service", "call", "arguments"),
    [
        ("dynamodb", "list_tables", {}),
        ("sqs", "list_queues", {}),
        ("s3", "list_buckets", {}),
        ("secretsmanager", "list_secrets", {}),
        ("cloudformation", "describe_stacks", {}),
        ("sns", "list_topics", {}),
        ("sesv2", "list_email_identities", {}),
    ],
)
def test_only_who_has_this_starts_secret_is_answered(stack: Stack, service: str, call: str, arguments: Any) -> None:
    getattr(client(service, stack.endpoint_url), call)(**arguments)
    with pytest.raises(ClientError, match=r"403|closed"):
        getattr(stranger(service, stack.endpoint_url), call)(**arguments)


def test_signatures_of_names_that_want_quoting_are_right(stack: Stack) -> None:
    s3, bucket = client("s3", stack.endpoint_url), stack.variables["HUB_BUCKET"]
    for key in ("a b/ü+c", "x=1&y", "~tilde.txt"):
        s3.put_object(Bucket=bucket, Key=key, Body=b"blob")
        assert s3.get_object(Bucket=bucket, Key=key)["Body"].read() == b"blob"
        found = s3.list_objects_v2(Bucket=bucket, Prefix=key)["Contents"]
        assert [one["Key"] for one in found] == [key]
        s3.delete_object(Bucket=bucket, Key=key)


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Host": "evil.example"},
        {"Host": "evil.example:80"},
        {"Sec-Fetch-Site": "cross-site"},
    ],
)
def test_a_web_page_gets_nothing_not_even_a_preflight(stack: Stack, headers: dict[str, str]) -> None:
    for method, path in (("GET", HEALTH), ("OPTIONS", "/"), ("GET", "/_ministack/sqs/messages"), ("POST", "/")):
        answer = httpx.request(method, stack.endpoint_url + path, headers=headers)
        assert answer.status_code == 403, (method, path)
        assert "access-control-allow-origin" not in answer.headers


def test_its_own_pages_need_the_secret(stack: Stack) -> None:
    url = f"{stack.endpoint_url}/_ministack/sns/sms-messages"
    assert httpx.get(url).status_code == 403
    assert httpx.post(f"{stack.endpoint_url}/_ministack/reset").status_code == 403
    assert httpx.get(url, headers={OWN_HEADER: secret_of(stack.endpoint_url)}).status_code == 200
    assert httpx.get(f"{stack.endpoint_url}{HEALTH}").status_code == 200


def test_what_is_unsigned_or_changed_on_the_way_is_refused(stack: Stack) -> None:
    assert httpx.post(stack.endpoint_url, headers={"X-Amz-Target": "DynamoDB_20120810.ListTables"}).status_code == 403
    with pytest.raises(ClientError, match=r"403|closed"):
        stranger("dynamodb", stack.endpoint_url, secret_of(stack.endpoint_url)[:-1] + "x").list_tables()


def test_nobody_runs_code_in_it_even_with_the_secret(stack: Stack) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as file:
        file.writestr("a.py", "def handler(event, context): return 1")
    with pytest.raises(ClientError):
        client("lambda", stack.endpoint_url).create_function(
            FunctionName="evil",
            Runtime="python3.11",
            Role="arn:aws:iam::000000000000:role/any",
            Handler="a.handler",
            Code={"ZipFile": packed.getvalue()},
        )
