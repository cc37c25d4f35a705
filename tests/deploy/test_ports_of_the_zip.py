"""Every method of every AWS port, called from the unpacked zip by a bare interpreter: what it lacks, fails here."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import zipfile
from typing import TYPE_CHECKING

import pytest

from infra.local.ministack import client_environment
from infra.local.stack import client

if TYPE_CHECKING:
    from pathlib import Path

    from infra.local.stack import Stack

pytestmark = pytest.mark.aws

CALLS = """
import json, os, pathlib, sys, tempfile
sys.path.insert(0, sys.argv[1])
from chalicelib.aws.environment import Aws
from chalicelib.foundation.instants import clock_from
from chalicelib.foundation.ports import Letter, Refused, Text, Unavailable, Write
import boto3
assert boto3.__file__.startswith(sys.argv[1]), boto3.__file__
aws = Aws.from_environment(clock_from(os.environ))
doc = {"event_id": "zip-1", "version": 1}
aws.documents.write(Write("inbox", doc, None))
assert aws.documents.get("inbox", "zip-1") == doc
assert aws.documents.get_many("inbox", ["zip-1"]) == [doc]
assert aws.documents.get_all({"inbox": ["zip-1"]}) == {"inbox": [doc]}
second = {"event_id": "zip-1", "version": 2}
assert aws.documents.write_each([Write("inbox", second, 1)]) == [None]
aws.documents.write(Write("inbox", second | {"version": 3}, 2), Write("inbox", doc | {"event_id": "zip-2"}, None))
assert aws.documents.query("config", "by_owner", "none") == []
assert aws.documents.keys("config", "by_owner", "none") == []
aws.documents.delete("inbox", "zip-1")
aws.queues.send("inbox", {"event_id": "zip-1"})
aws.bucket.put("zip/a", b"a")
assert aws.bucket.get("zip/a") == b"a"
file = pathlib.Path(tempfile.mkdtemp()) / "f"
assert aws.bucket.fetch("zip/a", file)
aws.bucket.put_file("zip/b", file)
assert aws.texts.send(Text("+12025550123", "x")).message_id
assert aws.mail.send(Letter("ada@example.com", "s", "x")).message_id
assert aws.topic.publish({"a": 1}, {"kind": "x"})
assert aws.secrets.read("zip") == {"token": "t"}
assert aws.admin_key() == "k"
nowhere = {"HUB_TEXT_IDENTITY": "phone-1", "AWS_ENDPOINT_URL": "http://127.0.0.1:9"}
texts = Aws(os.environ | nowhere, clock_from(os.environ)).texts
try:
    texts.send(Text("+12025550123", "x"))
except Unavailable as error:
    print(error)
"""


def test_every_method_of_every_port_works_from_the_zip(packaged: Path, stack: Stack, tmp_path: Path) -> None:
    with zipfile.ZipFile(packaged / "deployment.zip") as opened:
        opened.extractall(tmp_path / "zip")
    secrets = client("secretsmanager", stack.endpoint_url)
    secrets.create_secret(Name="hub/zip", SecretString=json.dumps({"token": "t"}))
    secrets.create_secret(Name="zip-admin", SecretString="k")
    client("sesv2", stack.endpoint_url).create_email_identity(EmailIdentity="zip@example.org")
    more = {"HUB_MAIL_FROM": "zip@example.org", "HUB_ADMIN_KEY_SECRET": "zip-admin", "PATH": os.environ["PATH"]}
    credentials = client_environment(stack.endpoint_url)
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", CALLS, str(tmp_path / "zip")],
        env=stack.environment() | credentials | more,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    assert "End User Messaging did not answer" in done.stdout, "its description is in the zip: only the call failed"
