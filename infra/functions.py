"""What Chalice cannot say about the app's functions, as a template to merge into the one it makes. Pure.

For each function: a role with no more rights than its kind needs; for those that read queues the queue of `hub.yaml`
(so that it exists before), partial batches, and a timeout of a sixth of the queue's visibility; a log group that is
there before the function is (nothing here may create one, and without one Lambda drops all lines); an alarm on errors.
A minute that failed or could not begin is not tried again: the next one does all that it left.
"""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

from infra.alarms import alarms
from infra.http_api import http_api
from infra.template import FUNCTIONS, HUB, load, variable

if TYPE_CHECKING:
    from collections.abc import Iterable

    from infra.template import Template

API = "APIHandler"  # Chalice's name for the function behind the REST API
ROLES = {"inbox": "WorkRole", "tickets": "WorkRole", "updates": "WorkRole", "notices": "NoticesRole"}
PLANNING = ("tickets", "updates")
# A round's end begins the next one where something was published meanwhile: in a busy city all day long. Lambda would
# stop the chain after 16 turns; ours is bounded by what is published (tests/unit/workflows/test_rounds.py).
FEEDS_ITSELF = ("updates",)
# More senders would only wait for one another's turns (`notices/delivery/pace`); five are enough for 40 texts a second.
AT_ONCE = {"notices": 5}
WHOLE_CORE_MB = 1769  # from here on a function has one vCPU to itself; planning is nothing but computing
API_MB = 1024  # most of its time it waits for the store; a plan on the page takes 0.1 s there
SMALL_MB = 512
# Bodies come to the app as base64, so that signatures are checked over the bytes that were sent. It is not the app's
# own `binary_types`: then Chalice would send answers as base64 too, and refuse every client that has no Accept header.
BINARY = "x-amazon-apigateway-binary-media-types"
API_TIMEOUT_S = 29  # API Gateway waits no longer
SCHEDULE_TIMEOUT_S = 60
MINUTE_S = 60
LOGS_KEPT_DAYS = 30  # as long as a stored webhook, so that what a line names can still be looked up
TRIES_PER_VISIBILITY = 6


def overlay(app: Any) -> Template:
    """The template to merge into what Chalice makes of this app: `hub.yaml`, `functions.yaml` and each function."""
    hub = load(HUB)
    whole = merged(hub, load(FUNCTIONS))
    variables = whole["Globals"]["Function"]["Environment"]["Variables"]
    variables |= {variable(name): copy.deepcopy(output["Value"]) for name, output in hub["Outputs"].items()}
    functions = {API: function("ApiRole", API_TIMEOUT_S, API_MB)}
    functions[API]["Properties"]["Environment"] = {"Variables": {"HUB_ADMIN_KEY_SECRET": {"Ref": "AdminKey"}}}
    for source in app.event_sources:
        functions[resource_name(source.name)] = event_function(source, hub)
    whole["Resources"]["RestAPI"] = {"Properties": {"DefinitionBody": {BINARY: ["*/*"]}}}
    on_errors = {f"{name}ErrorsAlarm": errors_alarm(name) for name in functions}
    made = functions | on_errors | alarms(app.app_name) | http_api(app.routes, API, app.app_name)
    whole["Resources"] = merged(whole["Resources"], made)
    add_log_groups(whole["Resources"], functions)
    return whole


def add_log_groups(resources: Template, made_by_chalice: Iterable[str]) -> None:
    """Gives each function of the template a log group of its own, which it writes to by name."""
    feeds = [name for name, one in resources.items() if one.get("Type") == "AWS::Serverless::Function"]
    for name in (*made_by_chalice, *feeds):
        one, group = resources[name], f"{name}Logs"
        one["Properties"]["LoggingConfig"] = {"LogGroup": {"Ref": group}}
        properties = {"LogGroupName": {"Fn::Sub": log_group_name(name)}, "RetentionInDays": LOGS_KEPT_DAYS}
        resources[group] = {"Type": "AWS::Logs::LogGroup", "Properties": properties}
        if "Condition" in one:
            resources[group]["Condition"] = one["Condition"]


def log_group_name(function_name: str) -> str:
    """Below the names that `LogsPolicy` of `hub.yaml` lets functions write to."""
    return f"/aws/lambda/${{AWS::StackName}}-{function_name}"


def event_function(source: Any, hub: Template) -> Template:
    """What a queue's or a schedule's function needs beside what Chalice says."""
    if not hasattr(source, "queue"):
        return minute_function(source)
    queue = source.queue.removeprefix("hub-")
    name = f"{queue.capitalize()}Queue"
    visibility = hub["Resources"][name]["Properties"]["VisibilityTimeout"]
    memory = WHOLE_CORE_MB if queue in PLANNING else SMALL_MB
    reader = function(ROLES[queue], visibility // TRIES_PER_VISIBILITY, memory)
    properties = {"Queue": {"Fn::Sub": f"${{{name}.Arn}}"}, "FunctionResponseTypes": ["ReportBatchItemFailures"]}
    if queue in AT_ONCE:
        properties["ScalingConfig"] = {"MaximumConcurrency": AT_ONCE[queue]}
    if queue in FEEDS_ITSELF:
        reader["Properties"]["RecursiveLoop"] = "Allow"
    reader["Properties"]["Events"] = {f"{resource_name(source.name)}SqsEventSource": {"Properties": properties}}
    return reader


def minute_function(source: Any) -> Template:
    """What a schedule's function needs beside what Chalice says."""
    made = function("WorkRole", SCHEDULE_TIMEOUT_S, SMALL_MB)
    once = {"MaximumRetryAttempts": 0, "MaximumEventAgeInSeconds": MINUTE_S}
    made["Properties"]["EventInvokeConfig"] = once
    event = f"{resource_name(source.name)}Event"
    made["Properties"]["Events"] = {event: {"Properties": {"RetryPolicy": once}}}
    return made


def function(role: str, timeout_s: int, memory_mb: int) -> Template:
    """The part of a function's resource that all have."""
    arn = {"Fn::GetAtt": [role, "Arn"]}
    return {"Properties": {"Role": arn, "Timeout": timeout_s, "MemorySize": memory_mb}}


def errors_alarm(name: str) -> Template:
    """An alarm on a function's errors, made like that of the feeds function."""
    alarm: Template = copy.deepcopy(load(FUNCTIONS)["Resources"]["FeedsErrorsAlarm"])
    del alarm["Condition"]
    alarm["Properties"]["Dimensions"] = [{"Name": "FunctionName", "Value": {"Ref": name}}]
    alarm["Properties"]["AlarmDescription"] = (
        f"The function {name} fails; its log says why. See runbook, A function fails."
    )
    return alarm


def resource_name(name: str) -> str:
    """The name that Chalice gives the resource of a function: every_minute → EveryMinute."""
    return "".join(part[0].upper() + part[1:] for part in _words(name))


def _words(name: str) -> Iterable[str]:
    return (part for part in name.replace("-", "_").split("_") if part)


def merged(one: Template, other: Template) -> Template:
    """Two templates as one; the second says what both say."""
    both = dict(one)
    for name, value in other.items():
        known = both.get(name)
        both[name] = merged(known, value) if isinstance(known, dict) and isinstance(value, dict) else value
    return both
