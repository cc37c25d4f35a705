"""Creates the hub's stack in MiniStack from `infra/hub.yaml`, the file that is deployed, and says where everything is.

Beside what the template holds, the notices topic gets one subscriber, a queue named "heard-notices", so that a demo or
a person can see what went out by the real path. Texts to phones are at /_ministack/sns/sms-messages, mails at
/_ministack/ses/messages.
"""

from __future__ import annotations

import json
import time
import urllib.parse
import urllib.request
from dataclasses import dataclass
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

from infra.local.ministack import ACCESS_KEY, REGION, client_environment, secret_of
from infra.local.ministack_guard import OWN_HEADER
from infra.template import HUB, load, variable

STACK = "hub"
HEARD = "heard-notices"
BATCH_MAX = 10
POLL_S = 0.05


@dataclass(frozen=True)
class Stack:
    """The created stack: the variables its processes need, and what was heard from it."""

    endpoint_url: str
    variables: dict[str, str]

    def environment(self) -> dict[str, str]:
        """What a process of the hub needs in its environment, beside HUB_ADMIN_KEY and HUB_PUBLIC_URL."""
        return client_environment(self.endpoint_url) | self.variables

    def texts(self) -> list[dict[str, str]]:
        """Every text that was sent: {"to", "text", "id"}, in order for each phone (MiniStack records no times)."""
        by_phone = ask(f"{self.endpoint_url}/_ministack/sns/sms-messages?region={REGION}")["sms_messages"]
        return [
            {"to": one["PhoneNumber"], "text": one["Message"], "id": one["MessageId"]}
            for sent in by_phone.values()
            for one in sent
        ]

    def mails(self) -> list[dict[str, str]]:
        """Every mail that was sent: {"to", "subject", "text", "id"}, in order."""
        by_account = ask(f"{self.endpoint_url}/_ministack/ses/messages")["messages"]
        return [
            {"to": mail["To"][0], "subject": mail["Subject"], "text": mail["BodyText"], "id": mail["MessageId"]}
            for sent in by_account.values()
            for mail in sent
        ]

    def hear(self) -> list[dict[str, Any]]:
        """What was published to the notices topic since the last call: {"message", "attributes"}, as a subscriber."""
        sqs = client("sqs", self.endpoint_url)
        url = sqs.get_queue_url(QueueName=HEARD)["QueueUrl"]
        heard: list[dict[str, Any]] = []
        while got := sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=BATCH_MAX).get("Messages"):
            heard += [notification(message["Body"]) for message in got]
            for message in got:
                sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
        return heard


def notification(body: str) -> dict[str, Any]:
    """A message from a topic as it arrives in a queue, unpacked."""
    envelope = json.loads(body)
    attributes = {name: one["Value"] for name, one in envelope.get("MessageAttributes", {}).items()}
    return {"message": json.loads(envelope["Message"]), "attributes": attributes}


def ask(url: str) -> dict[str, Any]:
    """The JSON object at one of MiniStack's own pages."""
    address = urllib.parse.urlsplit(url)
    key = {OWN_HEADER: secret_of(f"{address.scheme}://{address.netloc}")}
    request = urllib.request.Request(url, headers=key)  # noqa: S310 - MiniStack on loopback
    with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310 - the same
        found: dict[str, Any] = json.load(answer)
        return found


def client(service: str, endpoint_url: str) -> Any:
    """A boto3 client for MiniStack."""
    make: Any = boto3.client  # its type lists hundreds of literal names; ours is a variable
    waiting = Config(connect_timeout=2, read_timeout=30, retries={"mode": "standard", "total_max_attempts": 2})
    return make(
        service,
        config=waiting,
        endpoint_url=endpoint_url,
        region_name=REGION,
        aws_access_key_id=ACCESS_KEY,
        aws_secret_access_key=secret_of(endpoint_url),
    )


def create(endpoint_url: str, *, expire: bool = True) -> Stack:
    """Creates the stack, or brings an older one up to the template; what it holds stays.

    `expire=False` for a virtual clock: MiniStack deletes what has expired by the real one.
    """
    cloudformation = client("cloudformation", endpoint_url)
    asked = {"StackName": STACK, "TemplateBody": HUB.read_text(), "Capabilities": ["CAPABILITY_IAM"]}
    try:
        cloudformation.create_stack(**asked)
        finished(cloudformation)
    except cloudformation.exceptions.AlreadyExistsException:
        update(cloudformation, asked)
    outputs = cloudformation.describe_stacks(StackName=STACK)["Stacks"][0]["Outputs"]
    variables = {variable(output["OutputKey"]): output["OutputValue"] for output in outputs}
    if expire:
        expire_what_is_old(endpoint_url, variables)
    subscribe_a_listener(endpoint_url, variables["HUB_TOPIC"])
    return Stack(endpoint_url, with_present_address(variables, endpoint_url))


def update(cloudformation: Any, asked: dict[str, Any]) -> None:
    """Brings an existing stack up to the template, if they differ."""
    try:
        cloudformation.update_stack(**asked)
        finished(cloudformation)
    except ClientError as error:
        if "No updates are to be performed" not in str(error):
            raise


def finished(cloudformation: Any) -> None:
    """Waits for a create or update to end. Raises `RuntimeError` with what failed."""
    while (status := cloudformation.describe_stacks(StackName=STACK)["Stacks"][0]["StackStatus"]).endswith("PROGRESS"):
        time.sleep(POLL_S)
    if status not in ("CREATE_COMPLETE", "UPDATE_COMPLETE"):
        events = cloudformation.describe_stack_events(StackName=STACK)["StackEvents"]
        failed = [f"{event['LogicalResourceId']}: {event.get('ResourceStatusReason')}" for event in events]
        raise RuntimeError(f"the stack ended in {status}: {'; '.join(failed[:5])}")


def expire_what_is_old(endpoint_url: str, variables: dict[str, str]) -> None:
    """MiniStack leaves a template's TimeToLiveSpecification out, so it is switched on here."""
    dynamodb = client("dynamodb", endpoint_url)
    for resource in load(HUB)["Resources"].values():
        if resource["Type"] == "AWS::DynamoDB::Table":
            ttl = resource["Properties"]["TimeToLiveSpecification"]
            break
    for name, table in variables.items():
        if name.startswith("HUB_TABLE_"):
            status = dynamodb.describe_time_to_live(TableName=table)["TimeToLiveDescription"]["TimeToLiveStatus"]
            if status == "DISABLED":
                dynamodb.update_time_to_live(TableName=table, TimeToLiveSpecification=ttl)


def subscribe_a_listener(endpoint_url: str, topic: str) -> None:
    """The queue that hears every notice; made once."""
    sqs, sns = client("sqs", endpoint_url), client("sns", endpoint_url)
    url = sqs.create_queue(QueueName=HEARD)["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)


def with_present_address(variables: dict[str, str], endpoint_url: str) -> dict[str, str]:
    """Queue URLs hold the port of the MiniStack that made them; this one may have another."""

    def here(value: str) -> str:
        return endpoint_url + urllib.parse.urlsplit(value).path

    return {name: here(value) if name.startswith("HUB_QUEUE_") else value for name, value in variables.items()}
