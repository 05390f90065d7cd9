"""Tries to leave the machine in many ways; run as a script, it prints what became of each.

A tripwire stands where the process would really ask for a host's address or open a connection: the account must
keep every way from reaching it. `python ways_out.py HOME PROXY_PORT`
"""

import json
import os
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

looked_up: list[str] = []
_real_getaddrinfo = socket.getaddrinfo
_real_connect = socket.socket.connect


def tripwire(host: Any, *args: Any, **kwargs: Any) -> Any:
    if str(host) not in ("127.0.0.1", "localhost", "::1"):
        looked_up.append(str(host))
        raise socket.gaierror(socket.EAI_NONAME, "the tripwire")
    return _real_getaddrinfo(host, *args, **kwargs)


def connection(self: socket.socket, address: Any) -> None:
    if isinstance(address, tuple) and address[0] not in ("127.0.0.1", "::1"):
        looked_up.append(str(address[0]))
        raise ConnectionRefusedError("the tripwire")
    _real_connect(self, address)


replaced: Any = socket
replaced.getaddrinfo, replaced.gethostbyname, replaced.gethostbyname_ex = tripwire, tripwire, tripwire
replaced.socket.connect = connection

import boto3  # noqa: E402  # after the tripwire
import botocore.session  # noqa: E402
from botocore.config import Config  # noqa: E402
from botocore.utils import InstanceMetadataFetcher  # noqa: E402

from sagelab.account import connect  # noqa: E402

HOME, PROXY = Path(sys.argv[1]), f"http://127.0.0.1:{sys.argv[2]}"
KEYS = {
    "aws_access_key_id": "AKIAREALREALREALREAL",
    "aws_secret_access_key": "x" * 40,
    "region_name": "eu-west-1",
}
REAL_STS = "https://sts.us-east-1.amazonaws.com"
IGNORE = Config(ignore_configured_endpoint_urls=True)

early_client = boto3.client("s3", **KEYS)
early_session = boto3.Session(**KEYS)
early_default = boto3.client("sts", **KEYS)
early_default_session = boto3.DEFAULT_SESSION

account = connect(HOME)
account.session.client("s3").create_bucket(Bucket="only-here")


def buckets(client: Any) -> bool:
    return [bucket["Name"] for bucket in client.list_buckets()["Buckets"]] == ["only-here"]


def identity(client: Any) -> bool:
    return bool(client.get_caller_identity()["Account"] == "123456789012")


def refused(call: Callable[[], Any]) -> bool:
    try:
        call()
    except OSError as error:
        return "the tripwire" not in str(error)
    return False


def with_environment(call: Callable[[], bool], **changes: str | None) -> bool:
    before = dict(os.environ)
    try:
        for name, value in changes.items():
            os.environ.pop(name, None)
            if value is not None:
                os.environ[name] = value
        return call()
    finally:
        os.environ.clear()
        os.environ.update(before)


def fetch(url: str) -> Callable[[], Any]:
    import urllib.request

    return lambda: urllib.request.urlopen(url, timeout=5)


def forked(call: Callable[[], bool]) -> bool:
    child = os.fork()
    if child == 0:
        os._exit(0 if call() and not looked_up else 1)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


def in_a_thread(call: Callable[[], bool]) -> bool:
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(4) as pool:
        return all(pool.map(lambda _: call(), range(8)))


def in_a_program(code: str, **changes: str) -> bool:
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, **changes},
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stdout.strip() == "123456789012 local"


def presigned(client: Any, key: str = "k") -> str:
    return str(client.generate_presigned_url("get_object", Params={"Bucket": "only-here", "Key": key}))


def bucket_in_the_host() -> bool:
    config = Config(s3={"addressing_style": "virtual"}, ignore_configured_endpoint_urls=True)
    client = boto3.client("s3", config=config)
    client.put_object(Bucket="only-here", Key="k", Body=b"1")
    return bool(client.get_object(Bucket="only-here", Key="k")["Body"].read() == b"1")


def instance_keys() -> bool:
    fetcher: Any = InstanceMetadataFetcher(timeout=1, num_attempts=1)
    return fetcher.retrieve_iam_role_credentials() == {}


def no_profile() -> bool:
    from botocore.exceptions import ProfileNotFound

    try:
        boto3.Session(profile_name="work")
    except ProfileNotFound:
        return True
    return False


def waited() -> bool:
    early_client.get_waiter("bucket_exists").wait(Bucket="only-here")
    return True


PRINT = (
    "import boto3; c = boto3.client('sts'); "
    "print(c.get_caller_identity()['Account'], c._request_signer._credentials.access_key)"
)

WAYS: dict[str, Callable[[], bool]] = {
    "a client made before": lambda: buckets(early_client),
    "a session made before": lambda: buckets(early_session.client("s3")),
    "the default session made before": lambda: identity(early_default_session.client("sts")),
    "a waiter of a client made before": waited,
    "the default session": lambda: identity(boto3.client("sts")),
    "an explicit endpoint": lambda: identity(boto3.client("sts", endpoint_url=REAL_STS)),
    "an explicit endpoint of somebody else": lambda: buckets(
        boto3.client("s3", endpoint_url="https://s3.example.com")
    ),
    "ignore_configured_endpoint_urls": lambda: identity(boto3.client("sts", config=IGNORE)),
    "the variable that ignores endpoints": lambda: with_environment(
        lambda: identity(boto3.Session().client("sts")), AWS_IGNORE_CONFIGURED_ENDPOINT_URLS="true"
    ),
    "AWS_ENDPOINT_URL taken away": lambda: with_environment(
        lambda: identity(boto3.Session().client("sts")), AWS_ENDPOINT_URL=None
    ),
    "an endpoint for one service": lambda: with_environment(
        lambda: identity(boto3.Session().client("sts")), AWS_ENDPOINT_URL_STS=REAL_STS
    ),
    "real keys of another region": lambda: buckets(boto3.client("s3", **KEYS, config=IGNORE)),
    "China": lambda: identity(boto3.client("sts", region_name="cn-north-1", config=IGNORE)),
    "a FIPS endpoint": lambda: identity(
        boto3.client("sts", config=Config(use_fips_endpoint=True, ignore_configured_endpoint_urls=True))
    ),
    "a dual-stack endpoint": lambda: buckets(
        boto3.client("s3", config=Config(use_dualstack_endpoint=True, ignore_configured_endpoint_urls=True))
    ),
    "a bucket in the host name": bucket_in_the_host,
    "botocore without boto3": lambda: identity(
        botocore.session.get_session().create_client("sts", region_name="us-east-1", config=IGNORE)
    ),
    "a proxy of the environment": lambda: with_environment(
        lambda: identity(boto3.Session().client("sts", config=IGNORE)),
        HTTP_PROXY=PROXY,
        HTTPS_PROXY=PROXY,
        http_proxy=PROXY,
        https_proxy=PROXY,
        NO_PROXY=None,
        no_proxy=None,
    ),
    "a proxy of the client": lambda: identity(
        boto3.client("sts", config=Config(proxies={"http": PROXY, "https": PROXY}))
    ),
    "threads": lambda: in_a_thread(lambda: buckets(early_client)),
    "a forked child": lambda: forked(lambda: buckets(early_client)),
    "another program": lambda: in_a_program(PRINT),
    "another program with a profile": lambda: in_a_program(PRINT, AWS_REGION="eu-west-1"),
    "a profile with real keys": no_profile,
    "keys of the instance": instance_keys,
    "a presigned URL of the account": lambda: bool(fetch(presigned(account.session.client("s3")))()),
    "a presigned URL of AWS": lambda: refused(fetch(presigned(boto3.client("s3", config=IGNORE)))),
    "urllib": lambda: refused(fetch("https://sm-pysdk-t-us-east-1.s3.us-east-1.amazonaws.com/telemetry")),
    "urllib to the instance's keys": lambda: refused(fetch("http://169.254.169.254/latest/meta-data/")),
    "a look-up": lambda: refused(lambda: socket.getaddrinfo("STS.us-east-1.amazonaws.com.", 443)),
    "an older look-up": lambda: refused(lambda: socket.gethostbyname("s3.cn-north-1.amazonaws.com.cn")),
    "an older look-up with aliases": lambda: refused(
        lambda: socket.gethostbyname_ex("x.studio.us-east-1.sagemaker.aws")
    ),
    "a socket by name": lambda: refused(
        lambda: socket.socket().connect(("sts.us-east-1.amazonaws.com", 443))
    ),
    "a socket by name, asking for the code": lambda: refused(
        lambda: socket.socket().connect_ex(("sts.us-east-1.amazonaws.com", 443))
    ),
    "a connection": lambda: refused(
        lambda: socket.create_connection(("api.sagemaker.us-east-1.amazonaws.com", 443))
    ),
}


def main() -> None:
    account.session.client("s3").put_object(Bucket="only-here", Key="k", Body=b"1")
    told: dict[str, str] = {}
    for name, way in WAYS.items():
        looked_up.clear()
        try:
            told[name] = "local" if way() else "the answer is not the account's"
        except Exception as error:
            told[name] = f"failed: {error!r}"
        if looked_up:
            told[name] = f"real hosts were looked up: {looked_up}"
    print(json.dumps(told))


if __name__ == "__main__":
    main()
