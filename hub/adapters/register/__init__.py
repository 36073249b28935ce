"""The register: the durable memory, on SQLite or PostgreSQL (house.md)."""

from hub.adapters.register.opening import migrate, open_register, time_ordered_id

__all__ = ["migrate", "open_register", "time_ordered_id"]
