"""The register: the durable memory, on SQLite or PostgreSQL (house.md)."""

from hub.adapters.register.opening import (
    back_up,
    migrate,
    open_register,
    restore,
    time_ordered_id,
)

__all__ = ["back_up", "migrate", "open_register", "restore", "time_ordered_id"]
