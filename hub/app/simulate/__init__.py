"""Play a scenario on a virtual clock, with the same hub that runs; nothing is sent.

Intake, delivery, watch, answers and returned mail are those of every hub. What is not real is the
clock, the carriers, and the register's file, which is gone at the end. Virtual time goes from one
instant at which something is due to the next.
"""

from __future__ import annotations

from hub.app.simulate.playing import Timeline, simulate
from hub.app.simulate.scenario import Scenario, ScenarioRefused, read_answers, read_scenario
from hub.app.simulate.tables import RuleTable
from hub.app.simulate.timeline import Row, What

__all__ = [
    "Row",
    "RuleTable",
    "Scenario",
    "ScenarioRefused",
    "Timeline",
    "What",
    "read_answers",
    "read_scenario",
    "simulate",
]
