"""Who stopped an order to send again.

Revision ID: 0016
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from hub.ports import RegisterRefused

revision = "0016"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("replay", sa.Column("stopped_by", sa.Text(), nullable=True))


def downgrade() -> None:
    raise RegisterRefused("evidence is not taken apart; restore a backup instead")
