"""What is deployed: what the zip and the template hold, and what they do not."""

from __future__ import annotations

import json
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest

from infra import package
from infra.functions import ROLES
from infra.template import HUB, load, variable

ROOT = Path(__file__).resolve().parents[2]
NEVER = (
    "pandas",
    "numba",
    "gtfs_kit",
    "pyarrow",
    "scipy",
    "ministack",
    "pytest",
    "tests",
    "feeds",
    "infra",
    "Cython",
    "pip",
)


@pytest.fixture(scope="session")
def names(packaged: Path) -> list[str]:
    with zipfile.ZipFile(packaged / "deployment.zip") as opened:
        return opened.namelist()


@pytest.fixture(scope="session")
def template(packaged: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((packaged / "sam.json").read_text())
    return found


def functions(template: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {
        name: one["Properties"]
        for name, one in template["Resources"].items()
        if one["Type"] == "AWS::Serverless::Function" and "CodeUri" in one["Properties"]
    }


def test_the_zip_is_small_enough_for_lambda(packaged: Path) -> None:
    assert (packaged / "deployment.zip").stat().st_size < 50_000_000


def test_the_zip_holds_the_hub_its_libraries_and_nothing_of_the_workshop(names: list[str]) -> None:
    tops = {name.split("/")[0] for name in names}
    assert {"app.py", "chalicelib", "chalice", "numpy", "httpx", "jinja2", "phonenumbers", "boto3", "pydantic"} <= tops
    assert not tops & set(NEVER)
    assert not [name for name in names if "__pycache__" in name or name.endswith((".c", ".pyc"))]


def test_the_zip_holds_what_the_rooms_read_besides_code(names: list[str]) -> None:
    """Templates and wordings are files; one that is not packed fails at the first customer."""
    tracked = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard", "chalicelib"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split()
    wanted = {name for name in tracked if not name.endswith((".pxd", ".gitignore")) and (ROOT / name).exists()}
    assert wanted <= set(names)


def test_the_kernel_is_packed_compiled_for_the_runtime(names: list[str], template: dict[str, Any]) -> None:
    tag = f"cpython-{sys.version_info.major}{sys.version_info.minor}-x86_64-linux-gnu"
    assert f"chalicelib/transit/kernel/single.{tag}.so" in names
    runtime = f"python{sys.version_info.major}.{sys.version_info.minor}"
    assert {one["Runtime"] for one in functions(template).values()} == {runtime}


def test_the_same_code_gives_the_same_zip(packaged: Path, tmp_path: Path) -> None:
    archive = tmp_path / "again.zip"
    with zipfile.ZipFile(packaged / "deployment.zip") as opened:
        content = {name: opened.read(name) for name in reversed(opened.namelist())}
    package.write_zip(archive, content)
    assert archive.read_bytes() == (packaged / "deployment.zip").read_bytes()


def test_the_whole_template_passes_cfn_lint(packaged: Path) -> None:
    done = subprocess.run(
        [str(Path(sys.executable).with_name("cfn-lint")), str(packaged / "sam.json")],
        capture_output=True, text=True, check=False,
    )  # a table, read by rows # fmt: skip
    assert done.returncode == 0, done.stdout


def test_every_function_has_a_role_of_its_kind_and_an_alarm(template: dict[str, Any]) -> None:
    for name, one in functions(template).items():
        role = one["Role"]["Fn::GetAtt"][0]
        assert role in {"ApiRole", *ROLES.values()}, f"{name} has {role}"
        alarm = template["Resources"][f"{name}ErrorsAlarm"]["Properties"]
        assert alarm["Dimensions"] == [{"Name": "FunctionName", "Value": {"Ref": name}}]


def test_every_function_has_a_log_group(template: dict[str, Any]) -> None:
    """Found in the whole template: a function that Chalice makes and ours says nothing about would be silent."""
    made = {name: one for name, one in template["Resources"].items() if one["Type"].endswith("::Function")}
    assert set(functions(template)) < set(made)
    for name, one in made.items():
        group = one["Properties"]["LoggingConfig"]["LogGroup"]["Ref"]
        assert template["Resources"][group]["Type"] == "AWS::Logs::LogGroup", name


def test_every_queue_is_read_by_one_function_that_reports_partial_failures(template: dict[str, Any]) -> None:
    readers = {}
    for name, one in functions(template).items():
        for event in one.get("Events", {}).values():
            if event["Type"] == "SQS":
                assert event["Properties"]["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
                queue = event["Properties"]["Queue"]["Fn::Sub"].removeprefix("${").removesuffix(".Arn}")
                visibility = template["Resources"][queue]["Properties"]["VisibilityTimeout"]
                assert visibility >= 6 * one["Timeout"]
                readers[queue] = name
    assert set(readers) == {"InboxQueue", "TicketsQueue", "UpdatesQueue", "NoticesQueue"}
    assert len(set(readers.values())) == len(readers)


def test_no_minute_is_tried_again(template: dict[str, Any]) -> None:
    """Also found in the whole template: a retry policy beside an event that Chalice names otherwise does nothing."""
    minutes = [
        (one, event)
        for one in functions(template).values()
        for event in one.get("Events", {}).values()
        if event["Type"] == "Schedule"
    ]
    assert len(minutes) == 2
    for one, event in minutes:
        assert event["Properties"]["Schedule"] == "rate(1 minute)"
        assert event["Properties"]["RetryPolicy"] == one["EventInvokeConfig"]
        assert one["EventInvokeConfig"] == {"MaximumRetryAttempts": 0, "MaximumEventAgeInSeconds": 60}


def test_every_function_knows_where_everything_is(template: dict[str, Any]) -> None:
    variables = template["Globals"]["Function"]["Environment"]["Variables"]
    assert {variable(name) for name in load(HUB)["Outputs"]} < set(variables)
    assert {"HUB_PUBLIC_URL", "HUB_MAIL_FROM"} < set(variables)
    assert not {"HUB_LOCAL", "HUB_PRIVATE_HOSTS"} & set(variables)


def test_only_the_api_s_function_knows_where_the_admin_key_is_and_none_has_it(template: dict[str, Any]) -> None:
    assert "HubAdminKey" not in template["Parameters"]
    made = functions(template) | {"": template["Globals"]["Function"]}
    named = {name: set(one.get("Environment", {}).get("Variables", {})) for name, one in made.items()}
    assert {name for name, of_one in named.items() if "HUB_ADMIN_KEY_SECRET" in of_one} == {"APIHandler"}
    assert not [name for name, of_one in named.items() if "HUB_ADMIN_KEY" in of_one]


def test_bodies_reach_the_app_byte_for_byte(template: dict[str, Any]) -> None:
    definition = template["Resources"]["RestAPI"]["Properties"]["DefinitionBody"]
    assert definition["x-amazon-apigateway-binary-media-types"] == ["*/*"]


@pytest.mark.parametrize(
    ("name", "packed"),
    [
        ("numpy/__init__.py", True),
        ("numpy/_core/tests/test_x.py", False),
        ("chalicelib/transit/kernel/single.c", False),
        ("botocore/data/dynamodb/2012-08-10/service-2.json.gz", True),
        ("botocore/data/ec2/2016-11-15/service-2.json.gz", False),
        ("botocore/data/endpoints.json", True),
        ("phonenumbers/data/region_DE.py", True),
    ],
)
def test_what_is_packed(name: str, *, packed: bool) -> None:
    assert package.belongs(name) is packed
