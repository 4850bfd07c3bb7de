"""The page of one subject over the visits: what changed, each muscle drawn over time, the trends, what to doubt."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from fasciscan import __version__
from fasciscan.files import write_text
from fasciscan.history import chart, say
from fasciscan.history.change import CHANCE, FALLING, PLANE, Change, Trends
from fasciscan.history.records import SubjectHistory
from fasciscan.report.page import make_environment
from fasciscan.report.words import NO_DIAGNOSIS

TEMPLATES = Path(__file__).with_name("templates")


def write_page(history: SubjectHistory, changes: Sequence[Change], trends: Trends | None, path: Path) -> None:
    """Write the page as one HTML file without scripts or outside references.

    Parameters
    ----------
    history
        The subject.
    changes
        Between two of its visits.
    trends
        Over all of them, where there are enough.
    path
        The file.

    Raises
    ------
    FasciscanError
        If it cannot be written.
    """
    environment = make_environment(TEMPLATES)
    environment.filters.update(
        seen=say.say_seen, rate=say.say_rate, ratio=say.say_ratio, trend=say.say_trend, p=say.say_p
    )
    page = environment.get_template("history.html.j2").render(
        history=history,
        changes=changes,
        before=min((change.before.visit_date for change in changes if change.before), default=""),
        after=max((change.after.visit_date for change in changes if change.after), default=""),
        trends=trends,
        charts=chart.draw_muscles(history.muscles),
        layout=chart,
        models=sorted({model for muscle in history.muscles for seen in muscle.seen for model in seen.models}),
        no_diagnosis=NO_DIAGNOSIS,
        falling=FALLING,
        notes=(CHANCE, PLANE),
        version=__version__,
    )
    write_text(path, page)
