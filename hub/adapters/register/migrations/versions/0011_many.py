"""Which processes live, and whether a register that was restored may send again.

Revision ID: 0011
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from hub.ports import RegisterRefused

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True).with_variant(sa.BigInteger(), "sqlite")
NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "worker",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("roles", sa.Text(), nullable=False),
        sa.Column("session", sa.Text(), nullable=False),
        sa.Column("since", MOMENT, nullable=False),
        sa.Column("seen", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_worker")),
    )
    op.create_table(
        "restored",
        sa.Column("seq", NUMBER, autoincrement=True, nullable=False),
        sa.Column("taken", MOMENT, nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("last_queued", sa.BigInteger(), nullable=False),
        sa.Column("resumed", MOMENT, nullable=True),
        sa.Column("person", sa.Text(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_restored")),
    )


def downgrade() -> None:
    raise RegisterRefused("evidence is not taken apart; restore a backup instead")
