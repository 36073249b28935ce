"""What was asked at the console to be released, and the log of one concern, read backwards.

Revision ID: 0015
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from hub.ports import RegisterRefused

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True).with_variant(sa.BigInteger(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "release_asked",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("concern_id", sa.Text(), nullable=False),
        sa.Column("hold_id", sa.Text(), nullable=False),
        sa.Column("classes", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("asked_by", sa.Text(), nullable=False),
        sa.Column("asked_name", sa.Text(), nullable=False),
        sa.Column("asked_post", sa.Text(), nullable=False),
        sa.Column("asked", MOMENT, nullable=False),
        sa.Column("became", sa.Text(), nullable=False),
        sa.Column("decided_by", sa.Text(), nullable=True),
        sa.Column("decided_name", sa.Text(), nullable=True),
        sa.Column("decided_post", sa.Text(), nullable=True),
        sa.Column("decided", MOMENT, nullable=True),
        sa.Column("decided_reason", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_release_asked")),
    )
    op.create_index("ix_release_asked_concern_id", "release_asked", ["concern_id"])
    op.create_index("ix_audit_leaf_concern_id_seq", "audit_leaf", ["concern_id", "seq"])


def downgrade() -> None:
    raise RegisterRefused("evidence is not taken apart; restore a backup instead")
