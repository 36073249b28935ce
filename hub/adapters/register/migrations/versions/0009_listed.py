"""What a ladder asks of a desk, and whether the desk has its list.

Revision ID: 0009
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from hub.ports import RegisterRefused

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True).with_variant(sa.BigInteger(), "sqlite")


def upgrade() -> None:
    # What is open already was asked on the board alone: `openly` stays NULL, and nobody is mailed.
    op.add_column("obligation", sa.Column("openly", sa.Text(), nullable=True))
    op.add_column("obligation", sa.Column("listed", MOMENT, nullable=True))
    unlisted = sa.text("openly IS NOT NULL AND listed IS NULL AND discharged IS NULL")
    op.create_index(
        "ix_obligation_unlisted",
        "obligation",
        ["seq"],
        unique=False,
        postgresql_where=unlisted,
        sqlite_where=unlisted,
    )


def downgrade() -> None:
    raise RegisterRefused("evidence is not taken apart; restore a backup instead")
