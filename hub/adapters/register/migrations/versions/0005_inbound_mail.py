"""Mail that came back, and what it was read as.

Revision ID: 0005
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from hub.ports import RegisterRefused

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True).with_variant(sa.BigInteger(), "sqlite")
NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "inbound_mail",
        sa.Column("seq", NUMBER, autoincrement=True, nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("body_id", sa.Text(), nullable=False),
        sa.Column("sender", sa.Text(), nullable=False),
        sa.Column("recipient", sa.Text(), nullable=False),
        sa.Column("concern_id", sa.Text(), nullable=True),
        sa.Column("read_as", sa.Text(), nullable=True),
        sa.Column("received", MOMENT, nullable=False),
        sa.Column("recorded", MOMENT, nullable=False),
        sa.Column("read", MOMENT, nullable=True),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_inbound_mail")),
        sa.UniqueConstraint("id", name=op.f("uq_inbound_mail_id")),
    )
    op.create_index("ix_inbound_mail_concern_id", "inbound_mail", ["concern_id"], unique=False)
    unread = sa.text("read IS NULL")
    op.create_index(
        "ix_inbound_mail_unread",
        "inbound_mail",
        ["seq"],
        unique=False,
        postgresql_where=unread,
        sqlite_where=unread,
    )


def downgrade() -> None:
    raise RegisterRefused("evidence is not taken apart; restore a backup instead")
