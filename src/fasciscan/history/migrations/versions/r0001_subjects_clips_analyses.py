"""The first tables: subjects, clips, analyses."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "subject",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("code", sa.String(64), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_subject"),
        sa.UniqueConstraint("code", name="uq_subject_code"),
    )
    op.create_table(
        "clip",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("subject_id", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_clip"),
        sa.UniqueConstraint("sha256", name="uq_clip_sha256"),
        sa.ForeignKeyConstraint(["subject_id"], ["subject.id"], name="fk_clip_subject_id"),
    )
    op.create_index("ix_clip_subject_id", "clip", ["subject_id"])
    op.create_table(
        "analysis",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("clip_id", sa.Integer, nullable=False),
        sa.Column("fingerprint", sa.String(64), nullable=False),
        sa.Column("visit_date", sa.Date, nullable=False),
        sa.Column("muscle", sa.String(200), nullable=False),
        sa.Column("side", sa.String(200)),
        sa.Column("region", sa.String(200)),
        sa.Column("exposure_s", sa.Double, nullable=False),
        sa.Column("count", sa.Integer, nullable=False),
        sa.Column("classifier", sa.String(200), nullable=False),
        sa.Column("model_sha256", sa.String(64)),
        sa.Column("version", sa.String(200), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_analysis"),
        sa.UniqueConstraint("fingerprint", name="uq_analysis_fingerprint"),
        sa.ForeignKeyConstraint(["clip_id"], ["clip.id"], name="fk_analysis_clip_id"),
    )
    op.create_index("ix_analysis_clip_id", "analysis", ["clip_id"])
