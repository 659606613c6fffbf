"""The server as a process under measurement, and the client that loads it as another."""

import argparse
import json
import os
import re
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

from experiments.bench.client import Outcome
from experiments.bench.memory import resident
from utils import ROOT, InputError


class ServerProcess:
    """The server as a process, with what it logs in ``folder``; ``with ServerProcess(args, folder) as server``.

    Args:
        labels: the planner decides as the labels of ``rows.csv`` there do (``gold_server``).

    Raises:
        InputError: it does not start; its own message.
    """

    def __init__(self, args: argparse.Namespace, folder: Path, *, labels: bool = False):
        self._folder = folder
        self._said = folder / "server.log"
        rows = folder / "rows.csv"
        program = ["-m", "experiments.bench.gold_server", rows] if labels else [ROOT / "serve.py"]
        words = ["--model", args.model, "--device", args.device, "--port", "0", "--plan_log", folder / "plans.jsonl"]
        words += ["--slots", args.slots] if args.slots else []
        words += ["--examples", rows] if labels else []  # planned before the first request
        command = [sys.executable, *map(str, [*program, *words])]
        with open(self._said, "w") as said:
            self.process = subprocess.Popen(command, stderr=said, cwd=ROOT if labels else None)

    def __enter__(self) -> "ServerProcess":
        while "\nready" not in self._said.read_text():
            if self.process.poll() is not None:
                raise InputError(self._said.read_text().strip().rpartition("error: ")[2])
            time.sleep(0.05)
        self.url = re.search(r"http://\S+", self._said.read_text()).group()
        return self

    def __exit__(self, *_: object) -> None:
        self.process.terminate()
        self.process.wait(120)

    def load(self, rate: float, requests: int, *, odd: float = 0, seed: int = 0) -> list[Outcome]:
        return self.outcomes(self.start_load(rate, requests, odd=odd, seed=seed))

    def start_load(self, rate: float, requests: int, *, odd: float = 0, seed: int = 0) -> subprocess.Popen:
        """A client process that sends ``requests``."""
        words = [self.url, self._folder / "rows.csv", "--out", self._folder / "outcomes.jsonl"]
        words += ["--rate", rate, "--requests", requests, "--odd", odd, "--seed", seed]
        command = [sys.executable, "-m", "experiments.bench.client", *map(str, words)]
        return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL)

    def outcomes(self, client: subprocess.Popen) -> list[Outcome]:
        if client.wait():
            raise RuntimeError("the client failed, see its message above")
        return [Outcome(**json.loads(line)) for line in open(self._folder / "outcomes.jsonl", encoding="utf-8")]

    def logged(self) -> list[str]:
        """The ids of the plans that were served."""
        return [json.loads(line)["request_id"] for line in open(self._folder / "plans.jsonl", encoding="utf-8")]

    def resident(self) -> int:
        return resident(self.process.pid)

    def figure(self, name: str) -> float:
        """One of /metrics."""
        asked = urllib.request.Request(f"{self.url}/metrics")
        if key := os.environ.get("API_KEY"):
            asked.add_header("Authorization", f"Bearer {key}")
        with urllib.request.urlopen(asked) as answer:
            lines = answer.read().decode().splitlines()
        return float(next(line for line in lines if line.startswith(f"{name} ")).split()[-1])
