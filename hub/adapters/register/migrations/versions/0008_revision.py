"""Revisions of a notice, how many people must answer it, and who has what is owed in hand.

Revision ID: 0008
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from hub.ports import RegisterRefused

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True).with_variant(sa.BigInteger(), "sqlite")


def upgrade() -> None:
    # What was written before stands for itself: nobody knows of what it was a newer saying.
    op.add_column("notice", sa.Column("subject", sa.Text(), nullable=True))
    op.add_column("notice", sa.Column("revision", sa.Integer(), nullable=True))
    op.add_column("obligation", sa.Column("people", sa.Integer(), nullable=True))
    op.add_column("obligation", sa.Column("taken_by", sa.Text(), nullable=True))
    op.add_column("obligation", sa.Column("taken_until", MOMENT, nullable=True))
    op.create_table(
        "superseded",
        sa.Column("notice_id", sa.Text(), nullable=False),
        sa.Column("by_id", sa.Text(), nullable=False),
        sa.Column("concern_id", sa.Text(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(
            ["notice_id"], ["notice.id"], name=op.f("fk_superseded_notice_id_notice")
        ),
        sa.ForeignKeyConstraint(["by_id"], ["notice.id"], name=op.f("fk_superseded_by_id_notice")),
        sa.PrimaryKeyConstraint("notice_id", name=op.f("pk_superseded")),
    )
    op.create_index("ix_superseded_concern_id", "superseded", ["concern_id"], unique=False)


def downgrade() -> None:
    raise RegisterRefused("evidence is not taken apart; restore a backup instead")
