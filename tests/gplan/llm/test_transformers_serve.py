"""One generate run through `transformers serve`: the protocol of a server that is not ours."""

import importlib.util
import json
import os
import socket
import subprocess
import sys
import time
import urllib.request

import pytest

from data_process.schema import write_rows
from gplan.llm.journal import read_journal
from tests.conftest import ROOT

ROWS = 2
MISSING = [name for name in ("openai", "fastapi", "uvicorn", "rich") if importlib.util.find_spec(name) is None]


@pytest.fixture
def server(tiny_backbone, tmp_path):
    """The URL of a server that holds the tiny backbone."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    code = "import sys; from transformers.cli.transformers import main; sys.exit(main())"
    words = ["serve", str(tiny_backbone), "--host", "127.0.0.1", "--port", str(port), "--device", "cpu"]
    env = {**os.environ, "HF_HUB_OFFLINE": "1", "OMP_NUM_THREADS": "1", "NO_PROXY": "127.0.0.1"}
    with open(tmp_path / "server.log", "w+") as log:
        process = subprocess.Popen([sys.executable, "-c", code, *words], env=env, stdout=log, stderr=log)
        try:
            opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
            deadline = time.monotonic() + 120
            while True:
                try:
                    opener.open(f"http://127.0.0.1:{port}/health", timeout=5).close()
                    break
                except OSError:
                    alive = process.poll() is None and time.monotonic() < deadline
                    assert alive, (tmp_path / "server.log").read_text()[-2000:]
                    time.sleep(0.2)
            yield f"http://127.0.0.1:{port}/v1"
        finally:
            process.terminate()
            process.wait(30)


@pytest.mark.skipif(bool(MISSING), reason=f"transformers serve and its client need {', '.join(MISSING)}")
def test_transformers_serve_answers_and_every_answer_is_rejected_with_a_reason(server, tiny_backbone, tmp_path):
    """Random weights: nonsense, asked for twice, all journalled with the server's own count of tokens."""
    from gplan.world.rows import generate

    write_rows(tmp_path / "rows.csv", generate(ROWS, seed=3))
    words = ["generate", tmp_path / "rows.csv", tmp_path / "out", "--teacher", "llm", "--shots", 0]
    # Sampled: the likeliest token of such weights is the one before, a line end, and the server strips those.
    sample = json.dumps({"generation_config": json.dumps({"do_sample": True, "temperature": 5.0}), "seed": 1})
    words += ["--max_answer_tokens", 24, "--concurrency", 1, "--timeout", 120, "--request", sample]
    env = {**os.environ, "TEACHER_URL": server, "TEACHER_MODEL": str(tiny_backbone)}
    command = [sys.executable, str(ROOT / "synthesize.py")]
    done = subprocess.run([*command, *map(str, words)], env=env, capture_output=True, text=True, timeout=240)
    assert done.returncode == 0, done.stderr
    found = read_journal(tmp_path / "out")
    assert [(one.row, one.attempt) for one in found] == [(0, 1), (0, 2), (1, 1), (1, 2)]
    for one in found:
        assert (one.tries, one.problem) == (1, "") and one.text
        assert one.tokens_in > 500 and 0 < one.tokens_out <= 24
    words = ["filter", tmp_path / "rows.csv", tmp_path / "out"]
    subprocess.run([*command, *map(str, words)], check=True, capture_output=True)
    rejected = [json.loads(line) for line in (tmp_path / "out/rejected.jsonl").read_text().splitlines()]
    assert [line["row"] for line in rejected] == [0, 1]
    assert all(line["reason"] and line["message"] for line in rejected)
