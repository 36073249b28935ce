"""The counters of the parts that run in this process, as Prometheus reads them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import fields

from prometheus_client import CollectorRegistry, ProcessCollector
from prometheus_client.core import CounterMetricFamily, Metric
from prometheus_client.registry import Collector

Snapshot = Callable[[], object]
"""Returns a frozen dataclass of counters as they stand."""


class _Counters(Collector):
    def __init__(self, parts: dict[str, Snapshot]) -> None:
        self._parts = parts

    def collect(self) -> Iterator[Metric]:
        """Yield each whole number of each part as one counter."""
        for part, snapshot in self._parts.items():
            counts = snapshot()
            for field in fields(counts):  # type: ignore[arg-type]  # a Snapshot gives a dataclass
                value = getattr(counts, field.name)
                if isinstance(value, int):
                    name = f"hub_{part}_{field.name}"
                    yield CounterMetricFamily(name, f"{part}: {field.name}", value=value)


def counters(parts: dict[str, Snapshot]) -> CollectorRegistry:
    """Return a registry of what these parts count, beside the process's own figures."""
    registry = CollectorRegistry(auto_describe=False)
    ProcessCollector(registry=registry)
    registry.register(_Counters(parts))
    return registry
