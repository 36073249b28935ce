"""How far each obligation has climbed its ladder, and when somebody must look at it next.

Revision ID: 0006
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from hub.ports import RegisterRefused

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True).with_variant(sa.BigInteger(), "sqlite")

# What is open already is given its ladder once it is due; what a failure asks for climbs none.
ASKED = (
    "UPDATE obligation SET next_at = due WHERE discharged IS NULL "
    "AND kind NOT IN ('reach another contact', 'a person must look')"
)


def upgrade() -> None:
    op.add_column("obligation", sa.Column("ladder", sa.Text(), nullable=True))
    op.add_column("obligation", sa.Column("anchor", MOMENT, nullable=True))
    op.add_column("obligation", sa.Column("step", sa.Integer(), nullable=True))
    op.add_column("obligation", sa.Column("next_at", MOMENT, nullable=True))
    op.add_column("obligation", sa.Column("state", sa.Text(), nullable=True))
    op.add_column("obligation", sa.Column("why", sa.Text(), nullable=True))
    still_open = sa.text("discharged IS NULL")
    op.create_index(
        "ix_obligation_next_at",
        "obligation",
        ["next_at"],
        unique=False,
        postgresql_where=still_open,
        sqlite_where=still_open,
    )
    op.execute(ASKED)


def downgrade() -> None:
    raise RegisterRefused("evidence is not taken apart; restore a backup instead")
