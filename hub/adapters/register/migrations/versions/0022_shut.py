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

# As each database writes the condition of a statement: only so does it know the index for one.
MAY_GO = {"postgresql_where": sa.text("NOT shut"), "sqlite_where": sa.text("shut = 0")}
WAITS = {"postgresql_where": sa.text("shut"), "sqlite_where": sa.text("shut = 1")}


def upgrade() -> None:
    op.add_column(
        "delivery_queue",
        sa.Column("shut", sa.Boolean(), nullable=False, server_default=sa.false()),
    )
    op.drop_index("ix_delivery_queue_due", "delivery_queue")
    op.create_index("ix_delivery_queue_due", "delivery_queue", ["lane", "next_at", "seq"], **MAY_GO)
    op.create_index("ix_delivery_queue_shut", "delivery_queue", ["endpoint_id", "seq"], **WAITS)


def downgrade() -> None:
    raise RegisterRefused("evidence is not taken apart; restore a backup instead")
