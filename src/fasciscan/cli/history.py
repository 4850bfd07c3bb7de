"""``fasciscan history``: add exams, see subjects, compare visits. What is heavy is imported where it is used."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from fasciscan.cli.failures import say, tell, usage_error
from fasciscan.cli.terminal import print_sentences, print_table
from fasciscan.errors import FasciscanError

if TYPE_CHECKING:
    from fasciscan.history.change import Change, Trend, Trends
    from fasciscan.history.records import Added, Stored, SubjectHistory
    from fasciscan.history.store import Store

DB_VARIABLE = "FASCISCAN_DB"
FILE_NAME = "history.sqlite"

app = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode=None,
    help="Keep exams over many visits and compare them. Subjects are known by codes, never by names.",
)

Database = Annotated[
    str | None,
    typer.Option(
        "--db",
        metavar="FILE|URL",
        envvar=DB_VARIABLE,
        show_envvar=False,
        help=f"SQLite file, or postgresql://…; a URL with a password is better put into {DB_VARIABLE}. "
        "By default a file in your data folder.",
    ),
]
Subject = Annotated[str, typer.Argument(metavar="SUBJECT", help="The subject's code.")]


@app.command()
def add(
    exams: Annotated[list[Path], typer.Argument(metavar="EXAM.json", help="What fasciscan exam wrote.")],
    db: Database = None,
    subject: Annotated[
        str | None, typer.Option(metavar="CODE", help="Whose exams these are, where they do not say.")
    ] = None,
    visit: Annotated[str | None, typer.Option(metavar="YYYY-MM-DD", help="The visit, where they do not say.")] = None,
) -> None:
    """Add exams. A clip that is there already does not count twice; a new analysis of it is added beside the old."""
    from fasciscan.history.exam_file import read_exam

    when = None if visit is None else _date(visit, "--visit")
    failed = False
    with _store(db) as store:
        for path in dict.fromkeys(exams):
            try:
                say(f"{path}: {_say_added(store.add(read_exam(path, subject, when)))}")
            except FasciscanError as error:
                tell(str(error))
                failed = True
    if failed:
        raise typer.Exit(1)


@app.command("list")
def list_subjects(db: Database = None) -> None:
    """List the subjects with their visits."""
    with _store(db) as store:
        subjects = store.subjects()
    print_table(
        ["subject", "visits", "first", "last", "muscles", "clips"],
        [
            [
                history.subject,
                str(len(history.visits)),
                str(history.visits[0]),
                str(history.visits[-1]),
                str(len(history.muscles)),
                str(sum(seen.clips for muscle in history.muscles for seen in muscle.seen)),
            ]
            for history in subjects
        ],
    )


@app.command()
def show(subject: Subject, db: Database = None) -> None:
    """Show what was counted in each muscle of a subject at each visit."""
    from fasciscan.history.say import say_rate, say_seen

    with _store(db) as store:
        history = store.subject(subject)
    rows = [
        [muscle.place.label, str(seen.visit_date), say_seen(seen), say_rate(seen), ", ".join(sorted(seen.models))]
        for muscle in history.muscles
        for seen in muscle.seen
    ]
    print_table(["muscle", "visit", "fasciculations", "per minute (95 %)", "sorted by"], rows)


@app.command(
    epilog="Examples:\n\n  fasciscan history compare P017\n\n"
    "  fasciscan history compare P017 2026-01-12 2026-07-03 --out P017.html",
)
def compare(
    subject: Subject,
    visits: Annotated[
        list[str] | None, typer.Argument(metavar="[VISIT VISIT]", help="Dates of two visits; else the latest two.")
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option("--out", "-o", metavar="PAGE.html", dir_okay=False, help="Write a page with plots, too."),
    ] = None,
    db: Database = None,
) -> None:
    """Compare each muscle's rates at two visits; over three visits and more, tell the trend too."""
    from fasciscan.history.change import CHANCE, FALLING, compare_visits, find_trends, pick_visits

    dates = [_date(visit, "VISIT") for visit in visits or ()]
    with _store(db) as store:
        history = store.subject(subject)
        before, after = pick_visits(history, dates)
    changes, trends = compare_visits(history, before, after), find_trends(history)
    if out is not None:
        from fasciscan.history.page import write_page

        write_page(history, changes, trends, out)
    _print_changes(history, before, after, changes, trends)
    say("\n".join(["", FALLING, CHANCE, *([] if out is None else ["", str(out)])]))


@app.command()
def export(
    out: Annotated[
        Path | None,
        typer.Option("--out", "-o", metavar="FILE", dir_okay=False, help="A .csv or .json file; else CSV is printed."),
    ] = None,
    subject: Annotated[str | None, typer.Option(metavar="CODE", help="Of one subject alone.")] = None,
    db: Database = None,
) -> None:
    """Write every analysis of every clip as a table, earlier versions included."""
    from fasciscan.files import write_text
    from fasciscan.history.export import to_csv, to_json

    # Without a byte-order mark Excel takes the umlauts of a muscle's name for Latin-1; JSON must have none.
    writers = {".csv": (to_csv, "utf-8-sig"), ".json": (to_json, "utf-8")}
    if out is not None and out.suffix.lower() not in writers:
        raise usage_error(f"{str(out)!r}: name a .csv or a .json file", "--out")
    with _store(db) as store:
        if subject is not None:
            store.subject(subject)  # which tells if there is none
        stored = store.stored(subject)
    if out is None:
        say(to_csv(stored), newline=False)
        return
    write, encoding = writers[out.suffix.lower()]
    write_text(out, write(stored), encoding)


@app.command(
    epilog="Examples:\n\n  fasciscan history remove P017 2026-01-12\n\n"
    "  fasciscan history remove P017 --clip 3f0c9a1e --number 2\n\n"
    "What was removed can be added again from its exam.json.",
)
def remove(
    subject: Subject,
    visit: Annotated[
        str | None, typer.Argument(metavar="[VISIT]", help="Date of a visit, all of whose clips are to go.")
    ] = None,
    clip: Annotated[
        str | None, typer.Option(metavar="SHA256", help="One clip instead; its first digits, as export tells them.")
    ] = None,
    number: Annotated[
        int | None, typer.Option(metavar="N", min=1, help="Of that clip, only the analysis that export numbers so.")
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    db: Database = None,
) -> None:
    """Remove a visit, a clip, or one analysis of a clip; asks before."""
    from fasciscan.history.remove import pick_clip, pick_visit

    if (visit is None) == (clip is None):
        raise usage_error("name either a visit or, by --clip, a clip", "VISIT")
    if number is not None and clip is None:
        raise usage_error("say of which clip, by --clip", "--number")
    when = None if visit is None else _date(visit, "VISIT")
    with _store(db) as store:
        store.subject(subject)  # which tells if there is none
        stored = store.stored(subject)
        picked = pick_visit(stored, when) if when else pick_clip(stored, clip or "", number)
        _print_picked(picked)
        if not yes:
            typer.confirm(f"Remove {_say_analyses(len(picked))} of {subject}?", abort=True)
        removed = store.remove(each.analysis for each in picked)
    say(f"{subject}: {_say_analyses(removed)} removed.")
    if number is not None and number > 1 and picked[0].is_current:
        say("The analysis before it counts again.")


def default_file() -> Path:
    """Give the file of the database where the user names none."""
    from platformdirs import user_data_path

    return user_data_path("fasciscan", appauthor=False) / FILE_NAME


@contextmanager
def _store(db: str | None) -> Iterator[Store]:
    from fasciscan.history.store import open_store

    with open_store(db or default_file()) as store:
        yield store


def _date(written: str, option: str) -> date:
    try:
        return date.fromisoformat(written)
    except ValueError:
        raise usage_error(f"{written!r}: write a date as YYYY-MM-DD", option) from None


def _say_added(added: Added) -> str:
    from fasciscan.report.words import say_count

    told = [
        (added.new, f"{say_count(added.new, 'clip')} added"),
        (added.version, f"{added.version} with another version of the analysis"),
        (added.there, f"{added.there} there already"),
        (added.overtaken, f"{added.overtaken} of these with a later version, which counts"),
    ]
    return ", ".join(words for number, words in told if number)


def _say_analyses(number: int) -> str:
    from fasciscan.report.words import say_count

    return say_count(number, "analysis", "analyses")


def _print_picked(picked: list[Stored]) -> None:
    from fasciscan.history.remove import LEAST_DIGITS

    print_table(
        ["clip", "number", "muscle", "visit", "fasciculations", "version"],
        [
            [
                each.analysis.clip_sha256[:LEAST_DIGITS],
                str(each.number),
                each.analysis.place.label,
                str(each.analysis.visit_date),
                str(each.analysis.count),
                each.analysis.version,
            ]
            for each in picked
        ],
    )


def _print_changes(
    history: SubjectHistory, before: date, after: date, changes: tuple[Change, ...], trends: Trends | None
) -> None:
    from fasciscan.history.say import say_p, say_rate, say_ratio, say_trend

    trend_of = {trend.place: trend for trend in trends.trends} if trends else {}
    headings = ["muscle", f"{before} /min", f"{after} /min", "ratio (95 %)", "p"]
    if trends:
        headings += [f"factor a month over {len(history.visits)} visits", "p"]
    rows, models = [], []
    for change in changes:
        row = [change.place.label, say_rate(change.before), say_rate(change.after), say_ratio(change.ratio)]
        row.append(say_p(change.ratio.p) if change.ratio else "–")
        trend = trend_of.get(change.place)
        if trends:
            row += [say_trend(trend), say_p(trend.p)] if trend else ["–", "–"]
        models += [f"{what}: {of.models}." for what, of in (("Ratio", change), ("Trend", trend)) if of and of.models]
        rows.append([*row, "; ".join([*_notes(change), *(f"trend: {note}" for note in _notes(trend))])])
    print_table([*headings, "note"], rows)
    print_sentences(dict.fromkeys(models))


def _notes(of: Change | Trend | None) -> list[str]:
    """List what to doubt in few words; which models counted is told once, below the table."""
    return list(filter(None, ["different models" if of.models else "", of.note])) if of else []
