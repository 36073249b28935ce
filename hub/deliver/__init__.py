"""Lease what is due, carry it, write down each outcome. Decides nothing.

What follows from an outcome is for `hub.escalate` to say. What a worker holds may be lost at any
instant: the register takes every row back when its lease ends (delivery.md).
"""

from __future__ import annotations

from hub.deliver.worker import Counts, Deliver

__all__ = ["Counts", "Deliver"]
