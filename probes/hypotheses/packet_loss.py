"""A share of packets is lost at idle, at any size and protocol."""

from __future__ import annotations

from probes.hypotheses.base import ALIVE, Hypothesis, Need, refuted, supported, unknown
from probes.model import Cause, Confidence, Finding, Message
from probes.scene import Scene

ENOUGH_PINGS = 100
ENOUGH_CONNECTS = 40
LIMITED = 20
"""Connections without a single slow one, after which lost pings are called a limit on ICMP
when at least three slow ones were to be expected."""


def test(scene: Scene) -> Finding:
    pings, connects = scene.idle_pings, scene.idle_connects
    low, high = pings.share.interval()
    numbers: dict[str, str | int | float | Message] = {
        "lost": pings.share.lost,
        "sent": pings.share.sent,
        "low": round(low, 1),
        "high": round(high, 1),
        "slow": connects.share.lost,
        "connects": connects.share.sent,
    }
    evidence = (*pings.observations, *connects.observations)
    if pings.share.lost == 0:
        if pings.share.sent < ENOUGH_PINGS:
            return unknown(Cause.PACKET_LOSS, "loss.too-few", evidence, **numbers)
        return refuted(Cause.PACKET_LOSS, "loss.none", pings.observations, **numbers)
    expected = connects.share.sent * pings.share.lost / pings.share.sent
    if connects.share.lost == 0 and expected >= 3 and connects.share.sent >= LIMITED:
        return refuted(Cause.PACKET_LOSS, "loss.icmp-only", evidence, **numbers)
    if low <= scene.context.pair.loss_percent:
        return unknown(Cause.PACKET_LOSS, "loss.too-few-lost", evidence, **numbers)
    threshold = scene.context.pair.loss_percent
    enough = connects.share.sent >= ENOUGH_CONNECTS or connects.share.interval()[0] > threshold
    if connects.share.lost < 2 or not enough:
        return unknown(Cause.PACKET_LOSS, "loss.one-protocol", evidence, **numbers)
    return supported(
        Cause.PACKET_LOSS, Message("loss.both", numbers), evidence, Confidence.CONFIRMED
    )


HAS_PINGS = Need("no-pings", lambda scene: scene.idle_pings.share.sent > 0)
HYPOTHESIS = Hypothesis(Cause.PACKET_LOSS, (ALIVE, HAS_PINGS), test)
