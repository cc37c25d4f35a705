"""The same endpoints behind an HTTP API: a request costs a third of one at the REST API, and the address is shorter.

Chalice knows REST APIs. An HTTP API that hands on its requests in the payload format 1.0, route by route, hands on what
a REST API does (API Gateway Developer Guide, "Create AWS Lambda proxy integrations for HTTP APIs"), so the app answers
both. The REST API stays: links and webhook addresses of before are its own. Pure.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from infra.template import Template

API = "HttpApi"
TIMEOUT_MS = 29_000  # as the REST API waits: HTTP APIs could wait a second longer
FORMAT = "1.0"  # 2.0 is another shape of event, which Chalice does not read


def http_api(routes: dict[str, dict[str, Any]], handler: str, name: str) -> Template:
    """The resources: the API, and a route for each path and method of the app (Chalice's `routes`).

    `handler` is the function's resource.
    """
    target = {"Fn::Sub": "integrations/${HttpIntegration}"}
    resources: Template = {
        API: {"Type": "AWS::ApiGatewayV2::Api", "Properties": {"Name": f"{name}-http", "ProtocolType": "HTTP"}},
        "HttpStage": {
            "Type": "AWS::ApiGatewayV2::Stage",
            "Properties": {"ApiId": {"Ref": API}, "StageName": "$default", "AutoDeploy": True},
        },
        "HttpIntegration": {
            "Type": "AWS::ApiGatewayV2::Integration",
            "Properties": {
                "ApiId": {"Ref": API},
                "IntegrationType": "AWS_PROXY",
                "IntegrationUri": {"Fn::GetAtt": [handler, "Arn"]},
                "PayloadFormatVersion": FORMAT,
                "TimeoutInMillis": TIMEOUT_MS,
            },
        },
        "HttpPermission": {
            "Type": "AWS::Lambda::Permission",
            "Properties": {
                "FunctionName": {"Ref": handler},
                "Action": "lambda:InvokeFunction",
                "Principal": "apigateway.amazonaws.com",
                "SourceArn": {
                    "Fn::Sub": "arn:${AWS::Partition}:execute-api:${AWS::Region}:${AWS::AccountId}:${HttpApi}/*"
                },
            },
        },
    }
    for path, methods in routes.items():
        for method in methods:
            key = f"{method} {path}"
            resources[f"HttpRoute{hashlib.sha256(key.encode()).hexdigest()[:12]}"] = {
                "Type": "AWS::ApiGatewayV2::Route",
                "Properties": {"ApiId": {"Ref": API}, "RouteKey": key, "Target": target},
            }
    return resources
