"""Emergency access to one concern, every time it was asked for, and an index of looks.

Revision ID: 0018
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from hub.ports import RegisterRefused

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True).with_variant(sa.BigInteger(), "sqlite")
NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
LOOKS = sa.text("kind IN ('closure.exported', 'concern.seen', 'concerns.seen', 'looks.exported')")


def upgrade() -> None:
    op.create_table(
        "emergency_access",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("concern_id", sa.Text(), nullable=False),
        sa.Column("host_authority", sa.Text(), nullable=False),
        sa.Column("agency_id", sa.Text(), nullable=False),
        sa.Column("person", sa.Text(), nullable=False),
        sa.Column("person_name", sa.Text(), nullable=False),
        sa.Column("person_post", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("began", MOMENT, nullable=False),
        sa.Column("ends", MOMENT, nullable=False),
        sa.Column("review_due", MOMENT, nullable=False),
        sa.Column("judged", sa.Text(), nullable=True),
        sa.Column("reviewed", MOMENT, nullable=True),
        sa.Column("reviewed_by", sa.Text(), nullable=True),
        sa.Column("reviewed_name", sa.Text(), nullable=True),
        sa.Column("reviewed_post", sa.Text(), nullable=True),
        sa.Column("review_reason", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_emergency_access")),
    )
    op.create_index(
        "ix_emergency_access_host_authority_began", "emergency_access", ["host_authority", "began"]
    )
    op.create_index("ix_emergency_access_person", "emergency_access", ["person"])
    op.create_table(
        "emergency_ask",
        sa.Column("seq", NUMBER, autoincrement=True, nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("person", sa.Text(), nullable=False),
        sa.Column("person_name", sa.Text(), nullable=False),
        sa.Column("person_post", sa.Text(), nullable=False),
        sa.Column("agency_id", sa.Text(), nullable=False),
        sa.Column("reference", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("asked", MOMENT, nullable=False),
        sa.Column("given", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_emergency_ask")),
        sa.UniqueConstraint("id", name=op.f("uq_emergency_ask_id")),
    )
    op.create_index("ix_emergency_ask_person_asked", "emergency_ask", ["person", "asked"])
    op.create_index("ix_emergency_ask_agency_id_asked", "emergency_ask", ["agency_id", "asked"])
    op.create_index(
        "ix_audit_leaf_looks",
        "audit_leaf",
        ["at"],
        postgresql_where=LOOKS,
        sqlite_where=LOOKS,
    )


def downgrade() -> None:
    raise RegisterRefused("evidence is not taken apart; restore a backup instead")
