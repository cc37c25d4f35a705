"""The real parts behind the ports, by the environment variables that `infra/` sets.

| variable | what |
|---|---|
| HUB_TABLE_CONFIG, _INBOX, _BOOKINGS, _TICKETS, _NOTICES | names of the tables |
| HUB_QUEUE_INBOX, _TICKETS, _UPDATES, _NOTICES, _FEEDS | URLs of the queues |
| HUB_BUCKET, HUB_TOPIC | the bucket's name, the topic's ARN |
| HUB_ADMIN_KEY_SECRET | ARN of the secret that is the admin key; without it HUB_ADMIN_KEY is the key, on one machine |
| HUB_MAIL_FROM | the sender of mails; empty: no mails |
| HUB_MAIL_EVENTS | the configuration set of SES that reports what became of mails; empty: nothing is reported |
| HUB_TEXT_IDENTITY | by whom End User Messaging sends texts: the ARN of a number, sender id or pool; empty: by SNS |
| HUB_TEXT_EVENTS | its configuration set, which reports what became of texts |
| HUB_TEXTS_PER_S | how many texts a second the account may send (20) |
| AWS_REGION or AWS_DEFAULT_REGION, AWS_ENDPOINT_URL | where; the endpoint only on one machine |
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from chalicelib.aws.buckets import S3Bucket
from chalicelib.aws.calls import Clients
from chalicelib.aws.mail import SesMail
from chalicelib.aws.queues import SqsQueues
from chalicelib.aws.secrets import ManagedAdminKey, ManagedSecrets
from chalicelib.aws.tables import DynamoDocuments
from chalicelib.aws.texts import EndUserTexts, SenderIdentity
from chalicelib.aws.topics import SnsTexts, SnsTopic
from chalicelib.foundation.keys import TABLES

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from chalicelib.foundation.ports import Bucket, Clock, Documents, Mail, Queues, Secrets, Texts, Topic

TEXTS_PER_S = 20.0  # AWS's first quota of texts a second, of SNS and of End User Messaging alike (Service Quotas)
QUEUES = ("inbox", "tickets", "updates", "notices", "feeds")


class NotConfigured(Exception):
    """An environment variable that this process needs is missing."""


class Aws:
    """The doors of `ports`, in AWS or in what stands for it on one machine. Making it costs and calls nothing."""

    queue_care: None = None  # AWS's own console looks after queues
    shown_outbox: None = None  # texts and mails leave

    def __init__(self, environment: Mapping[str, str], clock: Clock) -> None:
        """Raises `NotConfigured`, naming every variable that is missing."""
        names = [*table_variables().values(), *queue_variables().values(), "HUB_BUCKET", "HUB_TOPIC"]
        missing = [name for name in names if not environment.get(name)]
        if missing:
            raise NotConfigured(f"not set: {', '.join(missing)}. `make run` and the deployed stack set them.")
        region = environment.get("AWS_REGION") or environment.get("AWS_DEFAULT_REGION") or "us-east-1"
        clients = Clients(environment.get("AWS_ENDPOINT_URL") or None, region)
        tables = {table: environment[name] for table, name in table_variables().items()}
        urls = {queue: environment[name] for queue, name in queue_variables().items()}
        self.documents: Documents = DynamoDocuments(clients, tables, clock)
        self.queues: Queues = SqsQueues(clients, urls)
        self.bucket: Bucket = S3Bucket(clients, environment["HUB_BUCKET"])
        texts = texts_of(environment, clients, clock)
        self.texts: Texts = texts
        self.text_line = (texts.carrier, float(environment.get("HUB_TEXTS_PER_S") or TEXTS_PER_S))
        self.topic: Topic = SnsTopic(clients, environment["HUB_TOPIC"])
        self.secrets: Secrets = ManagedSecrets(clients)
        self.admin_key: Callable[[], str] = admin_key_of(environment, clients, clock)
        self.mail: Mail = SesMail(clients, environment.get("HUB_MAIL_FROM", ""), environment.get("HUB_MAIL_EVENTS", ""))

    @classmethod
    def from_environment(cls, clock: Clock) -> Aws:
        """As this process's environment says. Raises `NotConfigured`."""
        return cls(os.environ, clock)


def texts_of(environment: Mapping[str, str], clients: Clients, clock: Clock) -> EndUserTexts | SnsTexts:
    """End User Messaging where there is somebody to send by it, else SNS."""
    identity = environment.get("HUB_TEXT_IDENTITY", "")
    if not identity:
        return SnsTexts(clients)
    return EndUserTexts(clients, SenderIdentity(identity, environment.get("HUB_TEXT_EVENTS", "")), clock)


def admin_key_of(environment: Mapping[str, str], clients: Clients, clock: Clock) -> Callable[[], str]:
    """What reads the admin key; "": there is none."""
    if secret_id := environment.get("HUB_ADMIN_KEY_SECRET"):
        return ManagedAdminKey(clients, secret_id, clock).read
    return lambda: environment.get("HUB_ADMIN_KEY", "")


def table_variables() -> dict[str, str]:
    """Table of `keys.TABLES` → the variable that holds its name."""
    return {table: f"HUB_TABLE_{table.upper()}" for table in TABLES}


def queue_variables() -> dict[str, str]:
    """Queue → the variable that holds its URL."""
    return {queue: f"HUB_QUEUE_{queue.upper()}" for queue in QUEUES}
