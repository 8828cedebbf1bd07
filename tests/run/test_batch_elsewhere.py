"""batch on other machines' terms: captures in an object store, the work done by a Dask cluster."""

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from analyzer.report.json_report import dumps
from analyzer.run.batch import plan_of, run_batch, whole
from analyzer.run.pipeline import analyze
from analyzer.run.pool import Dask
from analyzer.run.results import Results
from tests.makers.program import ROOT, run_program
from tests.makers.traffic import cut, evenly, traffic

BUCKET = "captures"


@pytest.fixture(scope="module")
def store() -> Iterator[str]:
    """An S3 server on loopback."""
    pytest.importorskip("moto", reason="moto is not installed")
    pytest.importorskip("s3fs", reason="s3fs is not installed")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    server = subprocess.Popen(
        [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        until = time.monotonic() + 60
        while True:
            try:
                socket.create_connection(("127.0.0.1", port), 1).close()
                break
            except OSError:
                assert time.monotonic() < until, "the store does not answer"
                time.sleep(0.1)
        yield f"http://127.0.0.1:{port}"
    finally:
        server.terminate()
        server.wait()


def test_captures_of_a_bucket_are_read_where_they_are(store: str, tmp_path: Path) -> None:
    import boto3

    recorded = traffic()
    (keys,) = recorded.options.key_logs
    files = cut(recorded.records, evenly(len(recorded.records), 3), tmp_path)
    credentials = {
        "AWS_ENDPOINT_URL": store,
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_DEFAULT_REGION": "eu-west-1",
    }
    client = boto3.client(
        "s3",
        endpoint_url=store,
        aws_access_key_id="test",
        aws_secret_access_key="test",
        region_name="us-east-1",
    )
    client.create_bucket(Bucket=BUCKET)
    for path in files:
        client.upload_file(path, BUCKET, f"day/{Path(path).name}")

    done = run_program(
        "batch", f"s3://{BUCKET}/day/*.pcap", "--keys", keys, "-o", tmp_path / "out", "-j", 2,
        env=credentials | {"PYTHONWARNINGS": "ignore"},
    )  # fmt: skip

    assert (done.returncode, done.stderr) == (0, b"")
    told = json.loads((tmp_path / "out" / "report.json").read_bytes())
    assert [source["name"] for source in told["inputs"]] == [
        f"s3://{BUCKET}/day/{number:03}.pcap" for number in range(3)
    ]
    local = json.loads(run_program("analyze", *files, "--keys", keys, "-f", "json").stdout)
    assert told["connections"] == local["connections"]


def test_an_object_that_is_not_there_is_one_line(store: str) -> None:
    done = run_program(
        "analyze", f"s3://{BUCKET}/nothing.pcap",
        env={
            "AWS_ENDPOINT_URL": store,
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "PYTHONWARNINGS": "ignore",
        },
    )  # fmt: skip

    assert done.returncode == 2
    assert done.stderr.decode().count("\n") == 1
    assert f"s3://{BUCKET}/nothing.pcap" in done.stderr.decode()


@pytest.mark.filterwarnings("ignore")
def test_a_dask_cluster_that_loses_a_worker_gives_the_same_report(tmp_path: Path) -> None:
    """Real worker processes; one is killed while the parts are being made."""
    distributed = pytest.importorskip("distributed", reason="Dask is not installed")
    recorded = traffic()
    files = cut(recorded.records, evenly(len(recorded.records), 20), tmp_path)
    alone = dumps(analyze(files, recorded.options))
    os.environ["PYTHONPATH"] = str(ROOT)
    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None
    ) as cluster:
        victims = [worker.pid for worker in cluster.workers.values()]
        plan = plan_of(files, recorded.options, (1, 1))
        results = Results(tmp_path / "out")
        results.begin(plan, resume=False)
        done: list[int] = []
        killed = threading.Event()

        def progress(place: int, _name: str, _part: object) -> None:
            done.append(place)
            if len(done) == 3:
                os.kill(victims[0], signal.SIGKILL)
                killed.set()

        hands = Dask(cluster.scheduler_address)
        parts = run_batch(plan, results, recorded.options, hands, None, progress)
        report = whole(parts, plan, recorded.options, hands)
        hands._client.close()

    assert killed.is_set()
    assert sorted(done) == list(range(20))
    assert dumps(report) == alone
