"""Take events in, plan, write down. Sends nothing (intake.md)."""

from hub.intake.loop import Intake
from hub.intake.taking import Partnerships, ToolsFor
from hub.intake.took import Became, IntakeCounts, TookIn

__all__ = ["Became", "Intake", "IntakeCounts", "Partnerships", "TookIn", "ToolsFor"]
