"""What ``/metrics`` tells Prometheus: of one server, in its text format."""

from collections.abc import Callable

from prometheus_client import (
    CONTENT_TYPE_LATEST,
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    disable_created_metrics,
    generate_latest,
)
from prometheus_client.process_collector import ProcessCollector

CONTENT_TYPE = CONTENT_TYPE_LATEST
_SECONDS = (0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30)
disable_created_metrics()  # a line for every line, of no use to a server that says when it started
_SIZES = (1, 2, 4, 8, 16, 32, 64, 128)


class Metrics:
    """Counters and histograms of one server, in a registry of its own; ``text`` renders them."""

    def __init__(self):
        self._registry = CollectorRegistry()
        ProcessCollector(registry=self._registry)  # process_resident_memory_bytes and the like, on Linux
        count = self._counter
        self.requests = count("requests", "Answers to /v1/plan by HTTP status; 499: client left.", "status")
        self.seconds = self._histogram("request_seconds", "From a request's head to its answer.", _SECONDS)
        self.plans = count("plans", "Rows planned.")
        self.rewritten = count("cells_rewritten", "Cells that were read as something else, like 2026/2/10 0:19.")
        self.tokens = count("tokens", "Tokens of planned rows: prompt, response.", "kind")
        self.passes = count("passes", "Passes over a batch: prompts, decisions, search.", "kind")
        self.row_passes = count("forward_passes", "Forward passes, summed over the planned rows that took part.")
        self.batch_size = self._histogram("batch_size", "Rows in a pass over decisions.", _SIZES)
        self.dropped = count("dropped", "Requests that were given up: timeout, left.", "reason")
        self.failures = count("planner_failures", "Passes that failed.")
        self.unlogged = count("plan_log_failures", "Plans that could not be written to the plan log.")

    def gauge(self, name: str, meaning: str, value: Callable[[], float]) -> None:
        """Adds a figure that is looked up when it is asked for."""
        Gauge(f"gplan_{name}", meaning, registry=self._registry).set_function(value)

    def answered(self, status: int | str) -> int:
        """How many requests got an answer of this status."""
        return int(self._registry.get_sample_value("gplan_requests_total", {"status": str(status)}) or 0)

    def text(self) -> bytes:
        return generate_latest(self._registry)

    def _counter(self, name: str, meaning: str, *labels: str) -> Counter:
        return Counter(f"gplan_{name}", meaning, labels, registry=self._registry)

    def _histogram(self, name: str, meaning: str, buckets: tuple[float, ...]) -> Histogram:
        return Histogram(f"gplan_{name}", meaning, buckets=buckets, registry=self._registry)
