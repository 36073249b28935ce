"""What waits behind a closed webhook is flagged, and the index of what is due is without it.

Revision ID: 0022
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from hub.ports import RegisterRefused

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "delivery_queue",
        sa.Column("shut", sa.Boolean(), nullable=False, server_default=sa.false()),
    )
    op.drop_index("ix_delivery_queue_due", "delivery_queue")
    # Each database knows an index for a statement's where its condition is written the same.
    op.create_index(
        "ix_delivery_queue_due",
        "delivery_queue",
        ["lane", "next_at", "seq"],
        postgresql_where=sa.text("NOT shut"),
        sqlite_where=sa.text("shut = 0"),
    )
    op.create_index(
        "ix_delivery_queue_shut",
        "delivery_queue",
        ["endpoint_id", "seq"],
        postgresql_where=sa.text("shut"),
        sqlite_where=sa.text("shut = 1"),
    )


def downgrade() -> None:
    raise RegisterRefused("evidence is not taken apart; restore a backup instead")
