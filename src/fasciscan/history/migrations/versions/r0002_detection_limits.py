"""How small a twitch could be seen in each clip."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Add the column; of what was added before, it is not known."""
    op.add_column("analysis", sa.Column("detection_limit_mm", sa.Double))


def downgrade() -> None:
    """Take it away."""
    op.drop_column("analysis", "detection_limit_mm")
