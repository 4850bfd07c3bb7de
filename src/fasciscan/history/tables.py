"""The tables: subjects, their clips, and the analyses of each clip. ``migrations/`` makes them."""

from __future__ import annotations

from datetime import date

from sqlalchemy import Date, Double, ForeignKey, MetaData, String
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

SHA256_DIGITS = 64
CODE_MOST = 64
"""Characters of a subject's code; :data:`fasciscan.exam.manifest.SUBJECT_CODE` allows no more."""
TEXT_MOST = 200
"""Characters of a name: of a muscle, a classifier, a version."""


class Base(DeclarativeBase):
    """What all tables have in common: names for their constraints, which migrations need."""

    metadata = MetaData(
        naming_convention={
            "pk": "pk_%(table_name)s",
            "uq": "uq_%(table_name)s_%(column_0_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s",
            "ix": "ix_%(table_name)s_%(column_0_name)s",
        }
    )


class SubjectRow(Base):
    """Somebody who was examined, known by a code."""

    __tablename__ = "subject"

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(String(CODE_MOST), unique=True)
    clips: Mapped[list[ClipRow]] = relationship(back_populates="subject")


class ClipRow(Base):
    """A recording, known by its content: neither its file's name nor its folder is kept, as they may name people."""

    __tablename__ = "clip"

    id: Mapped[int] = mapped_column(primary_key=True)
    sha256: Mapped[str] = mapped_column(String(SHA256_DIGITS), unique=True)
    subject_id: Mapped[int] = mapped_column(ForeignKey("subject.id"), index=True)
    subject: Mapped[SubjectRow] = relationship(back_populates="clips")
    analyses: Mapped[list[AnalysisRow]] = relationship(back_populates="clip", order_by="AnalysisRow.id")


class AnalysisRow(Base):
    """What one program with one model said of a clip, and what the clip was said to show. Rows are never changed."""

    __tablename__ = "analysis"

    id: Mapped[int] = mapped_column(primary_key=True)
    clip_id: Mapped[int] = mapped_column(ForeignKey("clip.id"), index=True)
    clip: Mapped[ClipRow] = relationship(back_populates="analyses")
    fingerprint: Mapped[str] = mapped_column(String(SHA256_DIGITS), unique=True)
    """Of all that follows and the clip, so that the same analysis is there once whoever adds it."""
    visit_date: Mapped[date] = mapped_column(Date)
    muscle: Mapped[str] = mapped_column(String(TEXT_MOST))
    side: Mapped[str | None] = mapped_column(String(TEXT_MOST))
    region: Mapped[str | None] = mapped_column(String(TEXT_MOST))
    exposure_s: Mapped[float] = mapped_column(Double)
    count: Mapped[int]
    classifier: Mapped[str] = mapped_column(String(TEXT_MOST))
    model_sha256: Mapped[str | None] = mapped_column(String(SHA256_DIGITS))
    version: Mapped[str] = mapped_column(String(TEXT_MOST))
    detection_limit_mm: Mapped[float | None] = mapped_column(Double)
