"""Sending again what failed by the API, counted first, and stopping that: as the console does."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from aiohttp import web

from hub import api
from hub.access import Act
from hub.events.envelope import Fault
from hub.ports.keys import Scope
from hub.ports.replaying import Replay
from hub.repeat import Verdict, Why
from hub.routes.api.operations import Call, Done, Operation, faulty
from hub.routes.failed import (
    looked_at_failed,
    meant,
    order_again,
    orders_of,
    selection,
    stop_order,
)
from hub.routes.failing import counted
from hub.watch.replaying import judge_by


async def _again(call: Call) -> Done:
    """Count, or order; each delivery is judged again by the rules as they stand when it goes."""
    sent, deps, person = call.sent(api.FailedAgain), call.deps, call.person
    asked = {
        "delivery": sent.delivery or "",
        "cause": sent.cause or "",
        "target": sent.target or "",
    }
    found = await meant(deps, person, asked)
    chosen = selection(found)
    if chosen is None:
        raise web.HTTPNotFound
    if sent.why is Why.OTHER and not sent.note.strip():
        says = "Say in your own words why it is sent again"
        raise faulty((Fault(pointer="/note", says=says),))
    await looked_at_failed(deps, person, (one.concern for one in found))
    counts = await deps.register.would_replay(chosen, judge_by(deps.planning))
    order = None
    if not sent.dry_run:
        order = await order_again(deps, chosen, sent.why, sent.note, person)
    said = api.FailedAgainShown(
        meant=len(found),
        again=counts.get(Verdict.AGAIN, 0),
        counts=_counts(call, counts),
        order=order.id if order else None,
        ordered_at=order.at if order else None,
    )
    return Done(said=said, status=202 if order else 200)


async def _orders(call: Call) -> Done:
    found = await orders_of(call.deps, call.person)
    return Done(said=api.OrderList(orders=tuple(_order(call, one) for one in found)))


async def _stop(call: Call) -> Done:
    wanted = call.named("replay")
    stopped = await stop_order(call.deps, wanted, call.person)
    return Done(said=api.OrderStopped(order=wanted, stopped=stopped))


def _order(call: Call, one: Replay) -> api.OrderShown:
    return api.OrderShown(
        id=one.id,
        why=one.why,
        asked_by=one.asked_by,
        at=one.at,
        done=sum(one.counts.values()),
        counts=_counts(call, one.counts),
        ended=one.ended,
        stopped_by=one.stopped_by or None,
    )


def _counts(call: Call, counts: Mapping[Verdict, int]) -> tuple[api.Counted, ...]:
    found = counted(counts, call.person)
    return tuple(api.Counted(number=number, says=says) for number, says in found)


OPERATIONS: Final = (
    Operation(
        id="send_failed_again",
        method="POST",
        path="/v1/failed/again",
        says="Send again one delivery that failed, or all that failed for one cause at one "
        "destination; a dry run unless said.",
        act=Act.OPERATE,
        scope=Scope.STEERS,
        body=api.FailedAgain,
        answer=api.FailedAgainShown,
        carry=_again,
        statuses=(200, 202),
        once=True,
    ),
    Operation(
        id="list_orders",
        method="GET",
        path="/v1/replays",
        says="Orders to send again that you may see, and how far each is.",
        act=Act.OPERATE,
        scope=Scope.READS,
        answer=api.OrderList,
        carry=_orders,
    ),
    Operation(
        id="stop_order",
        method="POST",
        path="/v1/replays/{replay}/stop",
        says="Stop an order: nothing more of it is queued.",
        act=Act.OPERATE,
        scope=Scope.STEERS,
        answer=api.OrderStopped,
        carry=_stop,
    ),
)
"""What failed, sent again."""
