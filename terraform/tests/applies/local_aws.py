"""A local AWS for applies, and what it holds, asked of its services and not of Terraform's state."""

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
    """The emulator's process. It ends with the `with` block, and with this program however that ends."""

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
        """A line for each thing, but keys that wait for their deletion."""
        remains = REPOSITORY / "tests" / "stack" / "remains.py"
        done = subprocess.run([sys.executable, remains, self.endpoint, region], capture_output=True, text=True, check=True)
        return sorted(done.stdout.splitlines())

    def bucket_settings(self, bucket: str, region: str = REGION) -> dict[str, object]:
        """How a bucket is set; None for what was never set, or is not there any more."""
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
        """The names of the APIs that answer: those that have a stage."""
        api = self.client("apigatewayv2", region)
        apis = {a["ApiId"]: a["Name"] for a in api.get_apis()["Items"]}
        return [name for api_id, name in apis.items() if _or_none(lambda: api.get_stages(ApiId=api_id)["Items"])]

    def opened_too_early(self) -> list[str]:
        """What an API that answers lacks. It must answer before its settings are read and after: an apply
        makes the last setting and the stage right after each other, and a destroy removes them so."""
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
    """The emulator passes its environment on to the functions, so it gets no other."""
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
