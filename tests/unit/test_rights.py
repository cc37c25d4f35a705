"""The hand-written rights are what the code needs, and nothing more: both read from the files themselves."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from typing import Any

import botocore.session
import pytest
from botocore import xform_name

from app import app
from infra import package
from infra.functions import overlay
from infra.template import FUNCTIONS, HUB, load

AWS = Path(__file__).resolve().parents[2] / "chalicelib" / "aws"
SERVICES = ("dynamodb", "sqs", "s3", "sns", "sesv2", "secretsmanager", "pinpoint-sms-voice-v2")
ROLES = ("ApiRole", "WorkRole", "NoticesRole", "FeedsRole")

# operation → the actions that AWS wants for it (Service Authorization Reference)
NEEDED = {
    "get_item": {"dynamodb:GetItem"},
    "batch_get_item": {"dynamodb:BatchGetItem"},
    "put_item": {"dynamodb:PutItem"},
    "batch_execute_statement": {"dynamodb:PartiQLUpdate"},  # our statements are updates
    "transact_write_items": {"dynamodb:PutItem"},  # our transactions hold nothing but puts
    "delete_item": {"dynamodb:DeleteItem"},
    "query": {"dynamodb:Query"},
    "send_message_batch": {"sqs:SendMessage"},
    "put_object": {"s3:PutObject"},
    "get_object": {"s3:GetObject", "s3:ListBucket"},  # without ListBucket a missing key is "forbidden"
    "publish": {"sns:Publish"},
    "send_email": {"ses:SendEmail"},
    "send_text_message": {"sms-voice:SendTextMessage"},
    "get_secret_value": {"secretsmanager:GetSecretValue"},
}
# what Lambda does in the name of a role before and after our code runs
BY_LAMBDA = {
    "logs:CreateLogStream", "logs:PutLogEvents",
    "sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes",
}  # a table, read by rows # fmt: skip


def operations() -> set[str]:
    session = botocore.session.get_session()
    return {xform_name(name) for service in SERVICES for name in session.get_service_model(service).operation_names}


def calls(path: Path) -> list[tuple[str, str]]:
    """(receiver, method) of every method call in a file."""
    return [
        (node.func.value.id if isinstance(node.func.value, ast.Name) else "", node.func.attr)
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
    ]


def called() -> set[str]:
    known = operations()
    found = {(path.name, *call) for path in AWS.glob("*.py") for call in calls(path)}
    return {method for _, receiver, method in found if receiver == "client" and method in known}


def test_the_zip_describes_every_service_that_is_called() -> None:
    """Botocore knows a service only by its data, and the zip holds the data of few."""
    assert set(SERVICES) <= package.SERVICES


def statements(template: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    """(resource, statement) of every permission; an `If` counts as if it held."""
    found = []
    for name, resource in template["Resources"].items():
        properties = resource.get("Properties", {})
        inline = [policy["PolicyDocument"] for policy in properties.get("Policies", [])]
        managed = [properties["PolicyDocument"]] if resource["Type"] == "AWS::IAM::ManagedPolicy" else []
        for document in inline + managed:
            found += [(name, one["Fn::If"][1] if "Fn::If" in one else one) for one in document["Statement"]]
    return found


def listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def actions_of(role: str) -> set[str]:
    template = load(HUB)
    managed = [policy["Ref"] for policy in template["Resources"][role]["Properties"]["ManagedPolicyArns"]]
    return {
        action
        for name, statement in statements(template)
        if name in (role, *managed)
        for action in listed(statement["Action"])
    }


def test_every_call_is_on_a_client_that_this_test_can_see() -> None:
    """A boto3 call on something that is not named `client` would escape the comparison below."""
    known = operations()
    ours = {"publish", "query", "send_email"}  # `Topic.publish` and the like are methods of ours too
    hidden = {
        (path.name, receiver, method)
        for path in AWS.glob("*.py")
        for receiver, method in calls(path)
        if method in known - ours and receiver != "client"
    }
    assert not hidden


def test_the_rights_are_those_that_the_calls_need_and_no_others() -> None:
    assert called() <= set(NEEDED), "say in NEEDED which actions the new call needs"
    needed = set().union(*(NEEDED[call] for call in called()))
    granted = set().union(*(actions_of(role) for role in ROLES))
    assert granted - BY_LAMBDA == needed


def test_the_table_of_needs_holds_nothing_that_is_not_called() -> None:
    assert set(NEEDED) == called()


def test_credentials_of_tools_and_the_admin_key_are_read_by_one_role_each() -> None:
    readable = {
        name: statement["Resource"]
        for name, statement in statements(load(HUB))
        if "secretsmanager:GetSecretValue" in listed(statement["Action"])
    }
    assert set(readable) == {"WorkRole", "ApiRole", "NoticesRole"}
    assert readable["WorkRole"]["Fn::Sub"].endswith(":secret:hub/*")
    assert readable["ApiRole"][0] == {"Ref": "AdminKey"}
    for gateways in (readable["ApiRole"][1], readable["NoticesRole"]):
        assert gateways["Fn::Sub"].endswith(":secret:hub/gateways/*")
    assert "Name" not in load(HUB)["Resources"]["AdminKey"]["Properties"], "a name could begin with hub/"


def test_only_the_function_that_sends_notices_may_send() -> None:
    assert {
        role for role in ROLES if actions_of(role) & {"sns:Publish", "ses:SendEmail", "sms-voice:SendTextMessage"}
    } == {"NoticesRole"}


@pytest.mark.parametrize("action", ["dynamodb:DeleteItem", "sns:Publish", "ses:SendEmail"])
def test_the_feeds_function_has_no_right_it_has_no_use_for(action: str) -> None:
    assert action not in actions_of("FeedsRole")


def test_the_feeds_function_reaches_every_folder_that_it_writes() -> None:
    """The folders are read from the f-strings that make keys, in feeds/ and in transit ("timetables/{…", …)."""
    keys = re.compile(r'return f"([a-z]+/)\{')
    homes = (AWS.parents[1] / "feeds", AWS.parent / "transit")
    written = {key for home in homes for path in home.rglob("*.py") for key in keys.findall(path.read_text())}
    granted = [
        resource["Fn::Sub"]
        for name, statement in statements(load(HUB))
        if name == "FeedsRole" and "s3:PutObject" in statement["Action"]
        for resource in statement["Resource"]
    ]
    assert {"timetables/", "gtfs/"} <= written
    assert written == {resource.removeprefix("${Bucket.Arn}/").removesuffix("*") for resource in granted}


def test_no_statement_is_wider_than_it_must_be() -> None:
    """Actions and resources are named; only texts, which have no ARN, are "everything that is not a topic"."""
    wide = []
    for name, statement in statements(load(HUB)):
        assert not any("*" in action for action in listed(statement["Action"])), name
        if "Resource" not in statement:
            wide.append((name, statement["Action"], statement["NotResource"]))
            continue
        for resource in listed(statement["Resource"]):
            text = resource if isinstance(resource, str) else str(next(iter(resource.values())))
            assert text != "*", name
            assert isinstance(resource, dict), f"{name}: {resource} names no resource of this stack"
    assert wide == [("NoticesRole", "sns:Publish", {"Fn::Sub": "arn:${AWS::Partition}:sns:*:*:*"})]


def test_only_lambda_may_take_the_roles() -> None:
    roles = [one for one in load(HUB)["Resources"].values() if one["Type"] == "AWS::IAM::Role"]
    assert len(roles) == len(ROLES)
    for role in roles:
        (statement,) = role["Properties"]["AssumeRolePolicyDocument"]["Statement"]
        assert statement["Principal"] == {"Service": "lambda.amazonaws.com"}


def test_the_feeds_function_has_the_feeds_role() -> None:
    assert load(FUNCTIONS)["Resources"]["FeedsFunction"]["Properties"]["Role"] == {"Fn::GetAtt": ["FeedsRole", "Arn"]}


def test_every_function_may_write_to_a_log_group_that_is_there_before_it() -> None:
    """Nobody may create a log group, so the template makes each: without one a function's lines are lost."""
    resources = overlay(app)["Resources"]
    roles_at = {name: one["Properties"]["Role"]["Fn::GetAtt"][0] for name, one in resources.items() if is_function(one)}
    assert len(roles_at) == len(app.event_sources) + 3  # the API's, and the two of the feeds image
    (written,) = (statement["Resource"]["Fn::Sub"] for name, statement in statements(load(HUB)) if name == "LogsPolicy")
    below = written.partition(":log-group:")[2].removesuffix("*")
    for name, role in roles_at.items():
        group = resources[resources[name]["Properties"]["LoggingConfig"]["LogGroup"]["Ref"]]
        assert group["Type"] == "AWS::Logs::LogGroup"
        assert group["Properties"]["LogGroupName"]["Fn::Sub"].startswith(below)
        assert group["Properties"]["RetentionInDays"] == 30
        assert group.get("Condition") == resources[name].get("Condition"), name
        assert {"logs:CreateLogStream", "logs:PutLogEvents"} <= actions_of(role)
    assert "logs:CreateLogGroup" not in set().union(*map(actions_of, ROLES))


def is_function(resource: dict[str, Any]) -> bool:
    return "Timeout" in resource.get("Properties", {})
