"""What is due is found by destination as well, beside one that may not be tried (decision 0040).

Revision ID: 0023
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from hub.ports import RegisterRefused

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # Each database knows an index for a statement's where its condition is written the same.
    op.create_index(
        "ix_delivery_queue_dest",
        "delivery_queue",
        ["lane", "dest", "next_at", "seq"],
        postgresql_where=sa.text("shut IS NOT true"),
        sqlite_where=sa.text("shut IS NOT 1"),
    )


def downgrade() -> None:
    raise RegisterRefused("evidence is not taken apart; restore a backup instead")
