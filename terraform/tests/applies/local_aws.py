"""A local AWS for applies. What exists in it is read from its services, not from Terraform's state."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from functools import cache
from pathlib import Path

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

REPOSITORY = Path(__file__).resolve().parents[3]
REGION = "eu-central-1"
ACCOUNT = "000000000000"


class LocalAws:
    """The emulator's process. It ends at the end of the `with` block, or when this program ends or is killed."""

    def __enter__(self) -> LocalAws:
        self.folder = Path(tempfile.mkdtemp(prefix="applies-"))
        port = _free_port()
        self.endpoint = f"http://127.0.0.1:{port}"
        settings = {"GATEWAY_PORT": str(port), "AWS_ENDPOINT_URL": self.endpoint, "MINISTACK_REGION": REGION}
        (self.folder / "home").mkdir()
        (self.folder / "tmp").mkdir()
        with (self.folder / "server.log").open("wb") as log:
            self.process = subprocess.Popen(
                [sys.executable, REPOSITORY / "tests" / "stack" / "launch.py", self.folder],
                env=settings | _surroundings(self.folder),
                cwd=self.folder,
                start_new_session=True,
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=log,
            )
        self._wait_until_healthy()
        return self

    def __exit__(self, *_: object) -> None:
        self.process.stdin.close()
        self.process.wait(timeout=20)

    def _wait_until_healthy(self) -> None:
        deadline = time.monotonic() + 120
        while time.monotonic() < deadline and self.process.poll() is None:
            try:
                with urllib.request.urlopen(f"{self.endpoint}/_ministack/health", timeout=5):
                    return
            except OSError:
                time.sleep(0.1)
        raise RuntimeError((self.folder / "server.log").read_text(errors="replace"))

    def client(self, service: str, region: str = REGION):
        return _client(self.endpoint, service, region)

    def holdings(self, region: str = REGION) -> list[str]:
        """Returns one line for each resource. Keys that wait for their deletion are left out."""
        remains = REPOSITORY / "tests" / "stack" / "remains.py"
        done = subprocess.run([sys.executable, remains, self.endpoint, region], capture_output=True, text=True, check=True)
        return sorted(done.stdout.splitlines())

    def bucket_settings(self, bucket: str, region: str = REGION) -> dict[str, object]:
        """Returns the settings of a bucket. A setting is None if it is not set or if the bucket does not exist."""
        s3 = self.client("s3", region)
        asked = {
            "versioning": lambda: s3.get_bucket_versioning(Bucket=bucket).get("Status"),
            "policy": lambda: s3.get_bucket_policy(Bucket=bucket)["Policy"],
            "public access": lambda: s3.get_public_access_block(Bucket=bucket)["PublicAccessBlockConfiguration"],
            "ownership": lambda: s3.get_bucket_ownership_controls(Bucket=bucket)["OwnershipControls"],
            "encryption": lambda: s3.get_bucket_encryption(Bucket=bucket)["ServerSideEncryptionConfiguration"],
            "notification": lambda: s3.get_bucket_notification_configuration(Bucket=bucket).get("QueueConfigurations"),
        }
        return {name: _or_none(ask) for name, ask in asked.items()}

    def open_apis(self, region: str = REGION) -> list[str]:
        """Returns the names of the APIs that have a stage. Only these answer requests."""
        api = self.client("apigatewayv2", region)
        apis = {a["ApiId"]: a["Name"] for a in api.get_apis()["Items"]}
        return [name for api_id, name in apis.items() if _or_none(lambda: api.get_stages(ApiId=api_id)["Items"])]

    def opened_too_early(self) -> list[str]:
        """Returns the missing bucket settings of the stacks whose API answers. Counts an API only if it answers
        both before and after the settings are read. In between, an apply may make the last setting and then the
        stage, or a destroy may remove the stage and then a setting."""
        before = set(self.open_apis())
        settings = {name: self.bucket_settings(f"{name}-files-{ACCOUNT}-{REGION}") for name in before}
        answering = before & set(self.open_apis())
        return [f"{name} has no {what}" for name in answering for what, value in settings[name].items() if not value]


@cache
def _client(endpoint: str, service: str, region: str):
    return boto3.client(
        service,
        endpoint_url=endpoint,
        region_name=region,
        aws_access_key_id="test",
        aws_secret_access_key="test",
        config=Config(retries={"max_attempts": 2}, s3={"addressing_style": "path"}),
    )


def _or_none(ask):
    try:
        return ask()
    except ClientError as error:
        if error.response["ResponseMetadata"]["HTTPStatusCode"] == 404:
            return None
        raise


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def _surroundings(folder: Path) -> dict[str, str]:
    """Returns the environment of the emulator. It has no other variables, because the emulator passes its
    environment on to the functions."""
    return {
        "PATH": os.environ["PATH"],
        "HOME": str(folder / "home"),
        "TMPDIR": str(folder / "tmp"),
        "BIND_HOST": "127.0.0.1",
        "AUTH": "true",
        "IOT_MTLS_ENABLED": "0",
        "SFTP_ENABLED": "0",
        "LOG_LEVEL": "WARNING",
    }
