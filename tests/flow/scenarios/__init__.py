"""The twenty scenarios of the mission, each played end to end (docs/scenarios.md)."""
