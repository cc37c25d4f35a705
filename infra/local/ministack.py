"""Starts and stops MiniStack, the AWS of one machine: on loopback only, quiet, keeping its state when asked to.

The listening socket is opened here and handed to MiniStack, so nobody can take the port in between.
"""

from __future__ import annotations

import os
import secrets
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from collections.abc import Mapping

ROOT = Path(__file__).resolve().parents[2]
ADDRESS = "127.0.0.1"
REGION = "eu-central-1"
ACCESS_KEY = "test"  # its name only; the secret key is drawn at each start
SERVICES = "cloudformation,dynamodb,s3,secretsmanager,ses,sesv2,sns,sqs,sts"  # those of `infra/hub.yaml` that are asked
_secrets: dict[str, str] = {}  # address → secret key of what this process started
HEALTHY_WITHIN_S = 60
STOPPED_WITHIN_S = 20
POLL_S = 0.05


class NotStarted(Exception):
    """MiniStack ended, or never became healthy; the log says why."""


def environment(port: int, folder: Path, secret: str, *, keep: bool, runs_code: bool) -> dict[str, str]:
    """What MiniStack is told: its port and region, where its state lies, and no listeners besides the one port.

    `runs_code`: all of its services answer, those that run what they are given too; else the hub's.
    """
    persist = "1" if keep else "0"
    inherited = {name: value for name, value in os.environ.items() if name != "SERVICES"}
    return (
        inherited
        | ({} if runs_code else {"SERVICES": SERVICES})
        | {
            "GATEWAY_PORT": str(port),
            "MINISTACK_HOST": ADDRESS,
            "MINISTACK_REGION": REGION,
            "PERSIST_STATE": persist,
            "STATE_DIR": str(folder / "state"),
            "S3_PERSIST": persist,
            "S3_DATA_DIR": str(folder / "s3"),
            "LOG_LEVEL": "WARNING",
            "IOT_MTLS_ENABLED": "0",
            "SFTP_ENABLED": "0",
            "DOCKER_HOST": "unix:///nonexistent/docker.sock",  # no containers: what runs here runs as processes
            "LAMBDA_EXECUTOR": "local",
            "AWS_ACCESS_KEY_ID": ACCESS_KEY,
            "AWS_SECRET_ACCESS_KEY": secret,
        }
    )


def secret_of(endpoint_url: str) -> str:
    """The secret key of a MiniStack: of one that this process started, else what its environment says."""
    return _secrets.get(endpoint_url) or os.environ.get("AWS_SECRET_ACCESS_KEY", "")


def client_environment(endpoint_url: str) -> dict[str, str]:
    """What boto3 of other processes needs in order to talk to this MiniStack."""
    return {
        "AWS_ENDPOINT_URL": endpoint_url,
        "AWS_REGION": REGION,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_ACCESS_KEY_ID": ACCESS_KEY,
        "AWS_SECRET_ACCESS_KEY": secret_of(endpoint_url),
        "AWS_EC2_METADATA_DISABLED": "true",
    }


def listen(port: int, host: str = ADDRESS) -> socket.socket:
    """A listening socket; port 0: a free one. Raises `OSError` when the port is in use, or the address another's."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    return socket.create_server((host, port), backlog=512, family=family)


def port_of(address: socket.socket) -> int:
    """The port that a listening socket got."""
    port: int = address.getsockname()[1]
    return port


@dataclass
class MiniStack:
    """A running MiniStack. Also a context manager that stops it."""

    process: subprocess.Popen[bytes]
    port: int
    log: Path

    @classmethod
    def start(
        cls,
        folder: Path,
        *,
        listening: socket.socket | None = None,
        keep: bool = False,
        runs_code: bool = False,
    ) -> Self:
        """Starts it and waits until it answers; without a socket: on a free port. Raises `NotStarted`.

        `keep`: its state is loaded from the folder and saved there; else it starts empty and forgets. `runs_code`: it
        has all of its services, Lambda too; only for a test that deploys functions.
        """
        log = folder / "log" / "ministack.log"
        log.parent.mkdir(parents=True, exist_ok=True)
        own = listening or listen(0)
        try:
            with log.open("ab") as file:
                secret = secrets.token_hex(20)
                settings = environment(port_of(own), folder, secret, keep=keep, runs_code=runs_code)
                started = cls(_spawn(own, settings, file.fileno()), port_of(own), log)
                _secrets[started.endpoint_url] = secret
        finally:
            if listening is None:
                own.close()
        started.wait_until_healthy()
        return started

    @property
    def endpoint_url(self) -> str:
        """Where all of its services answer."""
        return f"http://{ADDRESS}:{self.port}"

    def wait_until_healthy(self) -> None:
        """Returns when it answers. Raises `NotStarted`."""
        until = time.monotonic() + HEALTHY_WITHIN_S
        while self.process.poll() is None and time.monotonic() < until:
            if answers(f"{self.endpoint_url}/_ministack/health"):
                return
            time.sleep(POLL_S)
        self.stop()
        raise NotStarted(f"MiniStack did not start; see {self.log}")

    def stop(self) -> None:
        """Stops it cleanly, so that it saves its state; kills it when it does not stop in time."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(STOPPED_WITHIN_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        if self.process.stdin:
            self.process.stdin.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()


def _spawn(listening: socket.socket, settings: Mapping[str, str], log: int) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", "infra.local.ministack_server", str(listening.fileno())],
        cwd=ROOT,
        env=dict(settings),
        pass_fds=[listening.fileno()],
        stdin=subprocess.PIPE,  # closes when we end, however we end; then MiniStack stops too
        stdout=log,
        stderr=log,
        process_group=0,  # Ctrl-C in the terminal reaches the supervisor only, which stops us in order
    )


def answers(url: str) -> bool:
    """Whether a GET of this loopback URL is answered with 2xx."""
    try:
        with urllib.request.urlopen(url, timeout=1):  # noqa: S310 - a URL of ours on loopback
            return True
    except OSError:
        return False
