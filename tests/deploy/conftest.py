"""The packaged hub, deployed into MiniStack: the real zip in its Lambda, behind its API Gateway."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from infra import package
from infra.local.ministack import REGION, MiniStack
from infra.local.stack import client

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


ADMIN_KEY = "a-key-for-tests-only-0123456789"
STACK = "deployed"
CODE = "code-of-tests"
CREATED_WITHIN_S = 120


@pytest.fixture(scope="session")
def packaged(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What `make package` makes."""
    out = tmp_path_factory.mktemp("build") / "package"
    package.main(out)
    return out


@dataclass(frozen=True)
class Deployed:
    """A deployed hub and where its API answers."""

    url: str
    endpoint_url: str
    outputs: dict[str, str]

    def ask(self, method: str, path: str, **more: Any) -> httpx.Response:
        return httpx.request(method, self.url + path, timeout=60, **more)

    def admin(self, method: str, path: str, body: dict[str, Any] | None = None) -> httpx.Response:
        return self.ask(method, path, json=body, headers={"Authorization": f"Bearer {ADMIN_KEY}"})


def with_uploaded_code(template: dict[str, Any]) -> dict[str, Any]:
    """What `aws cloudformation package` does: the code is where CloudFormation can fetch it."""
    for resource in template["Resources"].values():
        if "CodeUri" in resource.get("Properties", {}):
            resource["Properties"]["CodeUri"] = {"Bucket": CODE, "Key": "deployment.zip"}
    return template


@pytest.fixture(scope="module")
def open_ministack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MiniStack]:
    """A MiniStack of its own, which runs functions."""
    with MiniStack.start(tmp_path_factory.mktemp("open"), runs_code=True) as running:
        yield running


@pytest.fixture(scope="module")
def deployed(open_ministack: MiniStack, packaged: Path) -> Iterator[Deployed]:
    """The whole merged template as a stack of MiniStack; taken down afterwards, or its schedules would go on."""
    endpoint = open_ministack.endpoint_url
    s3, cloudformation = client("s3", endpoint), client("cloudformation", endpoint)
    s3.create_bucket(Bucket=CODE, CreateBucketConfiguration={"LocationConstraint": REGION})
    s3.put_object(Bucket=CODE, Key="deployment.zip", Body=(packaged / "deployment.zip").read_bytes())
    template = with_uploaded_code(json.loads((packaged / "sam.json").read_text()))
    s3.put_object(Bucket=CODE, Key="template.json", Body=json.dumps(template).encode())
    cloudformation.create_stack(
        StackName=STACK,
        TemplateURL=f"{endpoint}/{CODE}/template.json",  # as `deploy.sh` has it: a body may have 51,200 bytes
        Capabilities=["CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND"],
    )
    outputs = outputs_when_created(cloudformation)
    client("secretsmanager", endpoint).put_secret_value(SecretId=outputs["AdminKeySecret"], SecretString=ADMIN_KEY)
    yield Deployed(f"{endpoint}/restapis/{outputs['RestAPIId']}/hub/_user_request_", endpoint, outputs)
    cloudformation.delete_stack(StackName=STACK)


def outputs_when_created(cloudformation: Any) -> dict[str, str]:
    until = time.monotonic() + CREATED_WITHIN_S
    while (stack := cloudformation.describe_stacks(StackName=STACK)["Stacks"][0])["StackStatus"].endswith("PROGRESS"):
        assert time.monotonic() < until, "the stack takes too long"
        time.sleep(0.1)
    events = cloudformation.describe_stack_events(StackName=STACK)["StackEvents"]
    assert stack["StackStatus"] == "CREATE_COMPLETE", [e for e in events if "FAILED" in e["ResourceStatus"]]
    return {output["OutputKey"]: output["OutputValue"] for output in stack["Outputs"]}
