"""Facts for publishers on their way out, and of which overdue obligation it has been said.

Revision ID: 0007
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from hub.ports import RegisterRefused

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True).with_variant(sa.BigInteger(), "sqlite")
NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "fact",
        sa.Column("seq", NUMBER, autoincrement=True, nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("concern_id", sa.Text(), nullable=False),
        sa.Column("subscriber", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("recorded", MOMENT, nullable=False),
        sa.Column("published", MOMENT, nullable=True),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_fact")),
        sa.UniqueConstraint("id", name=op.f("uq_fact_id")),
    )
    waiting = sa.text("published IS NULL")
    op.create_index(
        "ix_fact_waiting",
        "fact",
        ["seq"],
        unique=False,
        postgresql_where=waiting,
        sqlite_where=waiting,
    )
    op.create_table(
        "said_overdue",
        sa.Column("obligation_id", sa.Text(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("obligation_id", name=op.f("pk_said_overdue")),
    )
    # Which obligations one transaction discharged is asked by its instant.
    op.create_index("ix_obligation_discharged", "obligation", ["discharged"], unique=False)


def downgrade() -> None:
    raise RegisterRefused("evidence is not taken apart; restore a backup instead")
