"""Who chased whom and why; which facts a release leaves out, and the hash of what would go.

Revision ID: 0017
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from hub.ports import RegisterRefused

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True).with_variant(sa.BigInteger(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "chase",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("concern_id", sa.Text(), nullable=False),
        sa.Column("obligation_id", sa.Text(), nullable=False),
        sa.Column("notice_id", sa.Text(), nullable=False),
        sa.Column("step", sa.Integer(), nullable=False),
        sa.Column("person", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("post", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_chase")),
    )
    op.create_index("ix_chase_concern_id", "chase", ["concern_id"])
    op.add_column("release_asked", sa.Column("left_out", sa.Text(), nullable=True))
    op.add_column("release_asked", sa.Column("sha256", sa.Text(), nullable=True))


def downgrade() -> None:
    raise RegisterRefused("evidence is not taken apart; restore a backup instead")
