"""What ``/metrics`` tells Prometheus about the tools: of one server, in a registry of its own."""

from collections.abc import Iterator
from contextlib import contextmanager

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, disable_created_metrics, generate_latest
from prometheus_client.process_collector import ProcessCollector

from stagent.tools.calls import CallResult
from stagent.tools.schemas import BY_NAME

_SECONDS = (0.0001, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10)
disable_created_metrics()  # a line for every line, of no use to a server that says when it started


class ToolMetrics:
    """Counters and histograms of one server; ``text`` renders them."""

    def __init__(self):
        self._registry = CollectorRegistry()
        ProcessCollector(registry=self._registry)  # process_resident_memory_bytes and the like, on Linux
        own = {"registry": self._registry}
        self._calls = Counter(
            "stagent_calls",
            "Calls by outcome: found, empty, unavailable, error (of the caller's), failed (of ours).",
            ("tool", "outcome"),
            **own,
        )
        self._seconds = Histogram("stagent_call_seconds", "Seconds of a call.", ("tool",), buckets=_SECONDS, **own)
        self._hits = Counter("stagent_cache_hits", "Answers for which no world was asked.", ("tool",), **own)
        self._executions = Counter("stagent_executions", "Calls for which the world was asked.", ("tool",), **own)
        self._in_flight = Gauge("stagent_calls_in_flight", "Calls under way.", **own)
        self._left = Counter("stagent_calls_left", "Calls whose client gave up.", **own)
        self.refused = Counter("stagent_refused_requests", "HTTP requests refused.", ("status",), **own)

    def observe(self, result: CallResult, seconds: float, asked: bool) -> None:
        """Counts a call, as the observer of ``Calls``."""
        # A name that no tool has is a client's text: as a label it would let anybody add lines for ever.
        tool = result.tool if result.tool in BY_NAME else "unknown"
        self._calls.labels(tool, result.outcome).inc()
        self._seconds.labels(tool).observe(seconds)
        if asked:
            self._executions.labels(tool).inc()
        elif result.outcome in ("found", "empty"):
            self._hits.labels(tool).inc()

    @contextmanager
    def under_way(self) -> Iterator[None]:
        """Around a call."""
        self._in_flight.inc()
        try:
            yield
        except BaseException:
            self._left.inc()
            raise
        finally:
            self._in_flight.dec()

    def text(self) -> bytes:
        return generate_latest(self._registry)
