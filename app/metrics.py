"""What Prometheus reads: numbers about the whole, open as /healthz is, and so without names, ids or addresses.

The library is imported at the first question (1 MB), which many installations never get.
"""

import shutil
import time
from collections.abc import Iterable, Mapping, Sequence
from itertools import accumulate
from typing import TYPE_CHECKING

from sqlmodel import Session

from app import store
from app.settings import Settings
from app.store import sizes
from app.traffic import BOUNDS, Answers

if TYPE_CHECKING:
    from prometheus_client.metrics_core import Metric

STATUSES = ("queued", "running", "finished", "failed", "cancelled")
Counted = Mapping[tuple[str, str, int], Answers]


def metrics_text(settings: Settings, answers: Counted, stored: Sequence["Metric"] | None) -> bytes:
    """The text format of Prometheus, version 0.0.4. `stored` is None where the database does not answer."""
    from prometheus_client import CollectorRegistry, ProcessCollector, generate_latest

    registry = CollectorRegistry(auto_describe=False)
    ProcessCollector(registry=registry)
    free = shutil.disk_usage(settings.data_dir).free
    up = _gauge("database_up", "1 where the database answers", int(stored is not None))
    registry.register(_Found([up, *(stored or ()), _gauge("disk_free_bytes", "Free on the disk of DATA_DIR", free),
                              _requests(answers)]))  # fmt: skip
    return generate_latest(registry)


class _Found:
    """What was found out already, in the way in which the library asks for it."""

    def __init__(self, metrics: Sequence["Metric"]) -> None:
        self._metrics = metrics

    def collect(self) -> Iterable["Metric"]:
        return self._metrics


def stored_metrics(session: Session) -> list["Metric"]:
    """Raises SQLAlchemyError where the database does not answer."""
    counts = store.count_by_status(session)
    since = store.waiting_since(session)
    age = max(0.0, time.time() - since) if since else 0.0
    return [
        _runs(counts),
        _gauge("queue_length", "Runs that wait", counts.get("queued", 0)),
        _gauge("queue_oldest_seconds", "How long the run has waited that waits longest", age),
        _gauge("workers_alive", "Worker processes that were seen lately", len(store.living_workers(session))),
        _gauge("database_bytes", "What the database takes of its disk", sizes.database_bytes(session)),
        _gauge("checkpoint_bytes", "What runs that train keep to go on from", sizes.checkpoint_bytes(session)),
    ]


def _runs(counts: Mapping[str, int]) -> "Metric":
    from prometheus_client.metrics_core import GaugeMetricFamily

    family = GaugeMetricFamily("layerscope_runs", "Runs by status", labels=["status"])
    for status in STATUSES:
        family.add_metric([status], counts.get(status, 0))
    return family


def _gauge(name: str, text: str, value: float) -> "Metric":
    from prometheus_client.metrics_core import GaugeMetricFamily

    return GaugeMetricFamily(f"layerscope_{name}", text, value=value)


def _requests(answers: Counted) -> "Metric":
    from prometheus_client.metrics_core import HistogramMetricFamily
    from prometheus_client.utils import floatToGoString

    text = "Until the answer began; of this web process since its start"
    family = HistogramMetricFamily("layerscope_http_request_seconds", text, labels=["route", "method", "status"])
    ends = [*map(floatToGoString, BOUNDS), "+Inf"]
    for (route, method, status), found in list(answers.items()):
        buckets = list(zip(ends, accumulate(found.within), strict=True))
        family.add_metric([route, method, str(status)], buckets, found.seconds)
    return family
