"""The counters of the parts that run in this process, as Prometheus reads them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import fields
from datetime import datetime

from prometheus_client import CollectorRegistry, ProcessCollector
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from hub.routes.policy import Policy

Snapshot = Callable[[], object]
"""Returns a frozen dataclass of counters as they stand."""

PolicyNow = Callable[[], tuple[Policy, datetime]]
"""Returns the policy in force, and the time."""


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


class _OfPolicy(Collector):
    def __init__(self, policy: PolicyNow) -> None:
        self._policy = policy

    def collect(self) -> Iterator[Metric]:
        """Yield whether a newer policy was refused, and which is in force and due for review."""
        policy, now = self._policy()
        refused = "1 where a newer policy was refused and the old one stays in force"
        yield GaugeMetricFamily("hub_pack_refused", refused, value=bool(policy.refused))
        faults = "Faults of the newer policy that was refused"
        yield GaugeMetricFamily("hub_pack_faults", faults, value=len(policy.refused))
        labels = ("partnership", "version", "hash")
        info = GaugeMetricFamily("hub_pack_in_force", "The packs in force", labels=labels)
        due = "1 where the day of review of a pack is past"
        overdue = GaugeMetricFamily("hub_pack_review_overdue", due, labels=labels[:1])
        late = policy.overdue(now)
        for pack in policy.packs:
            info.add_metric((pack.partnership, pack.version, pack.hash[:12]), 1)
            overdue.add_metric((pack.partnership,), pack in late)
        yield info
        yield overdue


def counters(parts: dict[str, Snapshot], policy: PolicyNow) -> CollectorRegistry:
    """Return a registry of what these parts count, the policy, and the process's own figures."""
    registry = CollectorRegistry(auto_describe=False)
    ProcessCollector(registry=registry)
    registry.register(_Counters(parts))
    registry.register(_OfPolicy(policy))
    return registry
