"""The template says what the code expects: tables, indexes, queues, variables, alarms."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from app import app
from chalicelib.aws.environment import QUEUES, Aws, NotConfigured, queue_variables, table_variables
from chalicelib.foundation.instants import RealClock
from chalicelib.foundation.keys import TABLES, TableShape
from infra.functions import overlay
from infra.template import FUNCTIONS, HUB, load, variable

RESOURCES: dict[str, Any] = load(HUB)["Resources"]
OUTPUTS: dict[str, Any] = load(HUB)["Outputs"]
WHOLE: dict[str, Any] = overlay(app)["Resources"]  # what is merged into Chalice's template


def of_type(name: str) -> dict[str, Any]:
    return {key: one["Properties"] for key, one in RESOURCES.items() if one["Type"] == name}


def shape_of(table: dict[str, Any]) -> TableShape:
    (key,) = table["KeySchema"]
    indexes, bare = {}, set()
    for index in table["GlobalSecondaryIndexes"]:
        partition, sort = index["KeySchema"]
        assert (partition["KeyType"], sort["KeyType"]) == ("HASH", "RANGE")
        assert index["Projection"]["ProjectionType"] in {"ALL", "KEYS_ONLY"}
        if index["Projection"]["ProjectionType"] == "KEYS_ONLY":
            bare.add(index["IndexName"])
        indexes[index["IndexName"]] = (partition["AttributeName"], sort["AttributeName"])
    return TableShape(key["AttributeName"], indexes, frozenset(bare))


def test_the_tables_are_those_of_the_ports() -> None:
    assert {name: shape_of(table) for name, table in of_type("AWS::DynamoDB::Table").items()} == {
        f"{table.capitalize()}Table": replace(shape, former=frozenset()) for table, shape in TABLES.items()
    }


@pytest.mark.parametrize("table", [f"{name.capitalize()}Table" for name in TABLES])
def test_every_table_can_be_restored_and_expires(table: str) -> None:
    properties = RESOURCES[table]["Properties"]
    assert properties["BillingMode"] == "PAY_PER_REQUEST"
    assert properties["TimeToLiveSpecification"] == {"AttributeName": "expires_at", "Enabled": True}
    assert properties["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": True}


def test_every_table_defines_exactly_the_attributes_of_its_keys() -> None:
    for name, table in of_type("AWS::DynamoDB::Table").items():
        defined = {one["AttributeName"] for one in table["AttributeDefinitions"]}
        shape = shape_of(table)
        assert defined == {shape.key, *(part for pair in shape.indexes.values() for part in pair)}, name


@pytest.mark.parametrize("queue", QUEUES)
def test_every_queue_has_a_dead_letter_queue_with_an_alarm(queue: str) -> None:
    name = f"{queue.capitalize()}DeadLetters"
    redrive = RESOURCES[f"{queue.capitalize()}Queue"]["Properties"]["RedrivePolicy"]
    assert redrive["deadLetterTargetArn"] == {"Fn::GetAtt": [name, "Arn"]}
    alarm = RESOURCES[f"{name}Alarm"]["Properties"]
    assert alarm["Dimensions"] == [{"Name": "QueueName", "Value": {"Fn::GetAtt": [name, "QueueName"]}}]
    assert alarm["AlarmActions"] == [{"Ref": "AlarmsTopic"}]


def test_the_outputs_are_the_variables_that_the_hub_wants() -> None:
    wanted = {*table_variables().values(), *queue_variables().values(), "HUB_BUCKET", "HUB_TOPIC"}
    assert {variable(name) for name in OUTPUTS} == wanted


def test_the_hub_says_which_variables_are_missing() -> None:
    complete = dict.fromkeys((variable(name) for name in OUTPUTS), "x")
    Aws(complete, RealClock())
    with pytest.raises(NotConfigured, match=r"HUB_QUEUE_FEEDS, HUB_TOPIC"):
        Aws(complete | {"HUB_TOPIC": "", "HUB_QUEUE_FEEDS": ""}, RealClock())


def test_the_feeds_function_has_time_for_its_queue_six_times() -> None:
    timeout = load(FUNCTIONS)["Resources"]["FeedsFunction"]["Properties"]["Timeout"]
    assert RESOURCES["FeedsQueue"]["Properties"]["VisibilityTimeout"] >= 6 * timeout


def test_the_bucket_is_private_and_forgets() -> None:
    bucket = RESOURCES["Bucket"]["Properties"]
    assert all(bucket["PublicAccessBlockConfiguration"].values())
    rules = {
        rule["Prefix"]: rule["ExpirationInDays"]
        for rule in bucket["LifecycleConfiguration"]["Rules"]
        if "Prefix" in rule
    }
    assert set(rules) >= {"timetables/", "conditions/"}


@pytest.mark.parametrize(
    ("topic", "service"),
    [("InboundTextsTopic", "sms-voice.amazonaws.com"), ("InboundMailTopic", "ses.amazonaws.com")],
)
def test_what_people_answer_may_reach_its_topic_and_from_there_a_queue(topic: str, service: str) -> None:
    """A topic that its service may not publish to is deaf: STOP would never arrive, and nobody would know."""
    named = {"Ref": topic}
    (policy,) = (one for one in of_type("AWS::SNS::TopicPolicy").values() if named in one["Topics"])
    (statement,) = policy["PolicyDocument"]["Statement"]
    assert (statement["Effect"], statement["Principal"]) == ("Allow", {"Service": service})
    assert (statement["Action"], statement["Resource"]) == ("sns:Publish", named)
    assert statement["Condition"] == {"StringEquals": {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}}
    heard_by = [one for one in of_type("AWS::SNS::Subscription").values() if one["TopicArn"] == named]
    assert [one["Protocol"] for one in heard_by] == ["sqs"]
    (queues,) = of_type("AWS::SQS::QueuePolicy").values()
    (allowed,) = queues["PolicyDocument"]["Statement"]
    assert named in allowed["Condition"]["ArnEquals"]["aws:SourceArn"]


MINUTES = ("EveryMinute", "BookingToolsRound", "LiveFunction")


@pytest.mark.parametrize("name", MINUTES)
def test_a_minute_that_failed_is_not_tried_again_beside_the_next(name: str) -> None:
    """EventBridge would deliver it for 24 hours, and Lambda run it three times within six."""
    once = {"MaximumRetryAttempts": 0, "MaximumEventAgeInSeconds": 60}
    function = WHOLE[name]["Properties"]
    (event,) = function["Events"].values()
    assert function["EventInvokeConfig"] == event["Properties"]["RetryPolicy"] == once


def test_lambda_stops_no_chain_of_rounds_and_every_other_loop() -> None:
    """Without it AWS drops the 17th turn of "updates", and the feed stands still until the round is given up."""
    allowed = {name for name, one in WHOLE.items() if one.get("Properties", {}).get("RecursiveLoop") == "Allow"}
    assert allowed == {"UpdatesWorker"}


@pytest.mark.parametrize("name", ["Bucket", *(f"{name.capitalize()}Table" for name in TABLES)])
def test_what_holds_data_survives_the_stack_but_not_a_first_deployment_that_failed(name: str) -> None:
    """A table that is left behind by a failed creation is empty, costs money, and nobody knows of it."""
    assert RESOURCES[name]["DeletionPolicy"] == "RetainExceptOnCreate"
    assert RESOURCES[name]["UpdateReplacePolicy"] == "Retain"


def test_nothing_is_reserved_that_a_new_account_does_not_have() -> None:
    """A new account may run 10 at a time and AWS wants 100 left unreserved: the whole stack would be rolled back."""
    assert load(FUNCTIONS)["Parameters"]["LiveReserved"]["Default"] == ""
    reserved = {
        name: one["Properties"]["ReservedConcurrentExecutions"]
        for name, one in WHOLE.items()
        if "ReservedConcurrentExecutions" in one.get("Properties", {})
    }
    assert reserved == {
        "LiveFunction": {"Fn::If": ["HasLiveReserved", {"Ref": "LiveReserved"}, {"Ref": "AWS::NoValue"}]}
    }


def test_a_domain_of_ones_own_leads_to_the_api_without_a_stage_in_the_path() -> None:
    mapping = WHOLE["DomainMapping"]
    assert "BasePath" not in mapping["Properties"]
    assert mapping["Properties"]["RestApiId"] == {"Ref": "RestAPI"}
    assert mapping["Properties"]["Stage"] == {"Ref": "RestAPI.Stage"}
    assert (WHOLE["Domain"]["Condition"], WHOLE["DomainMapping"]["Condition"]) == ("HasDomain", "HasRestDomain")
    other = WHOLE["HttpDomainMapping"]
    assert other["Condition"] == "HasHttpDomain", "one of the two"
    assert other["Properties"] == {
        "DomainName": {"Ref": "Domain"}, "ApiId": {"Ref": "HttpApi"}, "Stage": {"Ref": "HttpStage"},
    }  # a table, read by rows # fmt: skip


def test_the_http_api_has_each_endpoint_of_the_app_and_hands_on_what_chalice_reads() -> None:
    keys = [one["Properties"]["RouteKey"] for one in WHOLE.values() if one.get("Type") == "AWS::ApiGatewayV2::Route"]
    assert sorted(keys) == sorted(f"{method} {path}" for path, methods in app.routes.items() for method in methods)
    integration = WHOLE["HttpIntegration"]["Properties"]
    assert integration["PayloadFormatVersion"] == "1.0"
    assert integration["TimeoutInMillis"] <= 30_000
    assert WHOLE["HttpStage"]["Properties"]["StageName"] == "$default", "no stage in the path of a link"


def test_the_feeds_image_is_built_from_what_its_dockerfile_copies_and_nothing_else() -> None:
    root = FUNCTIONS.parents[1]
    lines = (root / "feeds" / "Dockerfile").read_text().splitlines()
    copied = {line.split()[1].split("/")[0] for line in lines if line.startswith("COPY ")}
    rules = [
        line
        for line in (root / "feeds" / "Dockerfile.dockerignore").read_text().splitlines()
        if not line.startswith("#")
    ]
    assert rules[0] == "*"
    assert {rule[1:] for rule in rules if rule.startswith("!")} == copied
    assert {"**/*.so", "**/__pycache__"} <= set(rules)
