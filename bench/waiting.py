"""What a delivery costs while many others wait: it must not depend on how many (delivery.md).

What waits is copied in the hub's own database from what it has just told: half of it is to be tried
again in five hours, the other half is due and stands behind a webhook that is closed.
"""

from __future__ import annotations

import asyncio
from typing import Final

from bench.ground import Ground, Side
from tests.servers.postgres import Postgres

WAITING: Final = (1_000, 10_000, 100_000)
"""How many notices wait, one measurement each."""

_BODIES: Final = """
INSERT INTO body (id, key_id, concern_id, bytes, decoded, sha256)
SELECT 'waits-' || n, key_id, concern_id, bytes, decoded, sha256
FROM body, generate_series(1, {many}) AS n
WHERE id = (SELECT body_id FROM delivery WHERE channel = 'webhook' ORDER BY seq LIMIT 1)
"""
_DELIVERIES: Final = """
INSERT INTO delivery (id, notice_id, concern_id, agency_id, role, channel, target, dest, lane,
                      classes, body_id, sha256, due, recorded)
SELECT 'waits-' || n, notice_id, concern_id, agency_id, role, channel, 'closed', 'webhook:closed',
       lane, classes, 'waits-' || n, sha256, due, recorded
FROM delivery, generate_series(1, {many}) AS n
WHERE id = (SELECT id FROM delivery WHERE channel = 'webhook' ORDER BY seq LIMIT 1)
"""
_QUEUED: Final = """
INSERT INTO delivery_queue (delivery_id, lane, next_at, token, attempts, dest, order_key, turn,
                            endpoint_id, worker, first_tried, maybe_sent)
SELECT 'waits-' || n, lane,
       CASE WHEN n % 2 = 0 THEN now() + interval '5 hours' ELSE now() END,
       1, 1, 'webhook:closed', n, n, CASE WHEN n % 2 = 0 THEN NULL ELSE 'closed' END,
       NULL, now(), false
FROM delivery, generate_series(1, {many}) AS n
WHERE id = (SELECT id FROM delivery WHERE channel = 'webhook' ORDER BY seq LIMIT 1)
"""
_CLOSED: Final = """
INSERT INTO endpoint (id, agency_id, version, whole, parked)
SELECT 'closed', agency_id, version, replace(whole, '"' || id || '"', '"closed"'), true
FROM endpoint ORDER BY id LIMIT 1
"""


async def put_by(ground: Ground, side: Side, many: int) -> None:
    """Let so many notices wait beside the hub's own work."""
    await asyncio.to_thread(_put_by, ground.postgres, side.register, many)


def _put_by(postgres: Postgres, register: str, many: int) -> None:
    for statement in (_CLOSED, _BODIES, _DELIVERIES, _QUEUED, "ANALYZE"):
        postgres.sql(statement.format(many=many), url=register)
