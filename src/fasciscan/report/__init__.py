"""How it is told: JSON, CSV, one HTML page and an annotated video, each by a writer of its own."""

from fasciscan.report.write import FORMATS, write_reports

__all__ = ["FORMATS", "write_reports"]
