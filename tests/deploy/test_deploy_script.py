"""`deploy.sh` with an AWS command line that only writes down what it is asked: what is kept, shown, and asked."""

from __future__ import annotations

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

from infra.template import FUNCTIONS, HUB, load

SCRIPT = Path(__file__).resolve().parents[2] / "infra" / "deploy.sh"
CHANGE = "arn:aws:cloudformation:eu-central-1:123456789012:changeSet/awscli-1/abc"
KEY = "a-key-for-tests-only-0123456789"
# Writes its words to "calls", one call a line, and answers as files of the same folder say.
AWS = """#!/bin/sh
cd "$(dirname "$0")"
echo "$*" >>calls
case "$*" in
*StackStatus*) cat status ;;
*HttpUrl*) echo https://api.example ;;
*DomainTarget*) echo d-abc.execute-api.example ;;
*AdminKeySecret*) echo the-secret ;;
*put-secret-value*) cat >key ;;
*PublicUrl*) echo https://hub.example ;;
*no-execute-changeset*) cat change; test -s change ;;
*describe-change-set*) cat lost ;;
esac
"""


@dataclass(frozen=True)
class Operator:
    """Somebody who deploys, and the AWS that they have."""

    folder: Path

    def deploys(self, answer: str = "", **settings: str) -> subprocess.CompletedProcess[str]:
        environment = {
            "PATH": f"{self.folder}:{os.environ['PATH']}", "AWS_REGION": "eu-central-1", "HUB_ARTIFACTS": "code"
        } | settings  # a table, read by rows # fmt: skip
        (self.folder / "calls").write_text("")
        return subprocess.run(
            ["sh", str(SCRIPT), str(self.folder / "package")],
            env=environment, input=answer, capture_output=True, text=True, check=False,
        )  # a table, read by rows # fmt: skip

    def has(self, status: str, change: str = "", lost: str = "") -> None:
        for name, text in {"status": status, "change": change, "lost": lost}.items():
            (self.folder / name).write_text(text)

    def calls(self, *words: str) -> list[str]:
        lines = (self.folder / "calls").read_text().splitlines()
        return [line for line in lines if all(word in line for word in words)]


@pytest.fixture
def operator(tmp_path: Path) -> Operator:
    (tmp_path / "package").mkdir()
    (tmp_path / "package" / "sam.json").write_text('{"CodeUri": "./deployment.zip", "Runtime": "python3.12"}')
    (tmp_path / "package" / "deployment.zip").write_bytes(b"zip")
    (tmp_path / "aws").write_text(AWS)
    (tmp_path / "aws").chmod(0o755)
    found = Operator(tmp_path)
    found.has("UPDATE_COMPLETE", f"Run: aws cloudformation describe-change-set --change-set-name {CHANGE}\n")
    return found


def test_what_is_not_set_is_left_as_it_is(operator: Operator) -> None:
    """A parameter that `deploy` is not given keeps its value; an empty one would delete the feeds functions."""
    done = operator.deploys(HUB_ALARM_MAIL="ops@example.org", HUB_MAIL_FROM="")
    assert done.returncode == 0, done.stderr
    (asked,) = operator.calls("cloudformation deploy")
    assert asked.partition("--parameter-overrides ")[2] == "AlarmMail=ops@example.org"
    assert operator.calls("execute-change-set", CHANGE)


def test_a_setting_is_taken_back_only_by_name(operator: Operator) -> None:
    operator.deploys(HUB_FEEDS_IMAGE="none", HUB_INBOUND_MAIL_DOMAIN="mail.example.org")
    (asked,) = operator.calls("cloudformation deploy")
    assert asked.endswith("--parameter-overrides InboundMailDomain=mail.example.org FeedsImageUri=")


def test_nothing_at_all_can_be_set(operator: Operator) -> None:
    assert operator.deploys().returncode == 0
    (asked,) = operator.calls("cloudformation deploy")
    assert "--parameter-overrides" not in asked


@pytest.mark.parametrize(("answer", "goes_on"), [("yes\n", True), ("y\n", False), ("", False)])
def test_what_would_be_deleted_is_shown_and_asked(operator: Operator, answer: str, *, goes_on: bool) -> None:
    lost = "Remove\tAWS::Lambda::Function\tFeedsFunction\n"
    operator.has("UPDATE_COMPLETE", f"{CHANGE}\n", lost)
    done = operator.deploys(answer, HUB_FEEDS_IMAGE="none")
    assert lost.strip() in done.stderr
    assert (done.returncode == 0) is goes_on
    assert bool(operator.calls("execute-change-set")) is goes_on
    assert bool(operator.calls("delete-change-set", CHANGE)) is not goes_on


def test_who_cannot_be_asked_says_so_beforehand(operator: Operator) -> None:
    operator.has("UPDATE_COMPLETE", f"{CHANGE}\n", "Remove\tAWS::Lambda::Function\tFeedsFunction\n")
    assert operator.deploys(HUB_DELETE="yes").returncode == 0
    assert operator.calls("execute-change-set")


def test_without_a_change_nothing_is_executed(operator: Operator) -> None:
    operator.has("UPDATE_COMPLETE", "No changes to deploy. Stack hub is up to date\n")
    assert operator.deploys().returncode == 0
    assert not operator.calls("execute-change-set")


def test_a_change_that_cannot_be_made_is_no_success(operator: Operator) -> None:
    operator.has("UPDATE_COMPLETE", change="")
    assert operator.deploys().returncode != 0


def test_a_first_deployment_learns_its_own_address(operator: Operator) -> None:
    operator.has("")
    done = operator.deploys()
    assert done.returncode == 0, done.stderr
    first, second = operator.calls("cloudformation deploy")
    assert "PublicUrl" not in first
    assert "PublicUrl=https://api.example" in second
    assert "DomainApi=http" in first


def test_the_admin_key_is_on_no_command_line(operator: Operator) -> None:
    assert operator.deploys(HUB_ADMIN_KEY=KEY).returncode == 0
    assert operator.calls("put-secret-value", "the-secret")
    assert not operator.calls(KEY)
    assert (operator.folder / "key").read_text() == KEY


def test_without_a_given_admin_key_the_one_that_is_there_stays(operator: Operator) -> None:
    done = operator.deploys()
    assert not operator.calls("put-secret-value")
    assert "get-secret-value --secret-id the-secret" in done.stdout


def test_a_short_admin_key_is_refused_before_anything_is_done(operator: Operator) -> None:
    assert "24 characters" in operator.deploys(HUB_ADMIN_KEY="short").stderr
    assert not operator.calls("cloudformation deploy")


def test_a_domain_is_said_where_to_point(operator: Operator) -> None:
    done = operator.deploys(HUB_DOMAIN="t.example.org", HUB_CERTIFICATE="arn:aws:acm:eu-central-1:1:certificate/a")
    (asked,) = operator.calls("cloudformation deploy")
    assert "DomainName=t.example.org CertificateArn=arn:aws:acm:eu-central-1:1:certificate/a" in asked
    assert "d-abc.execute-api.example" in done.stdout


def test_every_parameter_that_is_set_is_one_of_the_template() -> None:
    set_by = dict(line.split()[1:3] for line in SCRIPT.read_text().splitlines() if line.startswith("set_to "))
    assert set(set_by) == set(load(HUB)["Parameters"]) | set(load(FUNCTIONS)["Parameters"])
