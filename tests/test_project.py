"""What the project promises about itself: its layers, its package, its pins, and that its documents keep up."""

import json
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterable
from pathlib import Path
from zipfile import ZipFile

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from fasciscan import __version__
from fasciscan.report.events_csv import COLUMNS
from fasciscan.report.result_json import SCHEMA_PATH

ROOT = Path(__file__).parents[1]
MACHINE_PATH = re.compile(r"(?<![\w.~/)}-])/(?:work|home|root|Users)/\w")
"""The start of a path that only one machine has."""
NOT_TEXT = {".mp4", ".avi", ".dcm", ".png", ".onnx"}


def kept_files() -> list[Path]:
    """Files that git keeps or would keep."""
    if not (ROOT / ".git").exists():
        pytest.skip("asks git which files belong to the project, and this is no clone")
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT, capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip
    return [path for name in listed.split("\0") if name and (path := ROOT / name).is_file()]


def documents() -> list[Path]:
    return [*ROOT.glob("*.md"), *ROOT.glob("docs/*.md"), *ROOT.glob("models/*.md"), *ROOT.glob("data_samples/*.md")]


def pyproject() -> dict:
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def requirements() -> list[Requirement]:
    project = pyproject()["project"]
    extras = [line for extra in project["optional-dependencies"].values() for line in extra]
    return [Requirement(line) for line in [*project["dependencies"], *extras]]


def pins() -> dict[str, str]:
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    named = [line.split("==") for line in lines if line and not line.startswith("#")]
    return {canonicalize_name(name): version for name, version in named}


def test_the_changelog_tells_of_this_version():
    headings = re.findall(r"^## (\S+)", (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert __version__ in headings[:2]  # what is not released yet may stand above it


@pytest.mark.slow
def test_imports_run_one_way():
    done = subprocess.run(
        [Path(sys.executable).with_name("lint-imports"), "--no-cache"], cwd=ROOT, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.slow
def test_the_wheel_carries_all_that_a_report_needs(tmp_path):
    build = "import sys; from hatchling.build import build_wheel; build_wheel(sys.argv[1])"
    subprocess.run([sys.executable, "-c", build, tmp_path], cwd=ROOT, check=True, capture_output=True)
    (wheel,) = tmp_path.glob("*.whl")
    packed = set(ZipFile(wheel).namelist())
    assert wheel.name.startswith(f"fasciscan-{__version__}-")
    source = ROOT / "src"
    needed = {str(path.relative_to(source)) for path in (source / "fasciscan/report/templates").iterdir()}
    assert len(needed) > 1
    assert needed | {"fasciscan/report/clip.schema.json", "fasciscan/py.typed"} <= packed
    assert not [name for name in packed if not name.startswith(("fasciscan/", "fasciscan-"))]
    assert not [name for name in packed if "__pycache__" in name]


def test_every_dependency_is_pinned_within_its_bounds():
    pinned = pins()
    assert "torch" in pinned  # for the extra that trains
    for need in requirements():
        assert need.specifier.contains(pinned[canonicalize_name(need.name)]), need


def test_the_program_imports_what_it_declares_and_no_more():
    declared = {canonicalize_name(Requirement(line).name) for line in pyproject()["project"]["dependencies"]}
    imported = imported_in(
        path
        for path in (ROOT / "src").rglob("*.py")
        if path.parent.name != "learn" and path.name != "cluster.py"  # which have extras of their own
    )
    packages = {"cv2": "opencv-python-headless"}
    imported = {canonicalize_name(packages.get(name, name)) for name in imported - sys.stdlib_module_names}
    plugins = {name for name in declared if name.startswith("pylibjpeg")}  # which pydicom loads by name
    assert imported - {"fasciscan"} == declared - plugins


def test_training_imports_torch_and_nothing_else_that_is_not_declared():
    project = pyproject()["project"]
    needed = [*project["dependencies"], *project["optional-dependencies"]["train"]]
    imported = imported_in((ROOT / "src/fasciscan/learn").glob("*.py")) - sys.stdlib_module_names - {"fasciscan", "cv2"}
    assert "torch" in imported
    assert {canonicalize_name(name) for name in imported} <= {canonicalize_name(Requirement(n).name) for n in needed}


def imported_in(paths: Iterable[Path]) -> set[str]:
    """Top-level names that some sources import."""
    sources = "\n".join(path.read_text(encoding="utf-8") for path in paths)
    found = re.findall(r"^\s*(?:from (\w+)[\w.]* import|import (\w+))", sources, re.MULTILINE)
    return {name for pair in found for name in pair if name}


def test_every_dependency_is_accounted_for():
    text = (ROOT / "docs/dependencies.md").read_text(encoding="utf-8").lower()
    assert [need.name for need in requirements() if f"`{need.name.lower()}`" not in text] == []


def test_every_field_of_a_result_is_explained():
    explained = set(re.findall(r"`([a-z0-9_]+)`", (ROOT / "docs/result.md").read_text(encoding="utf-8")))
    assert field_names(json.loads(SCHEMA_PATH.read_text(encoding="utf-8"))) - explained == set()
    assert {"clip", "counted", *COLUMNS} - explained == set()


def field_names(schema: dict) -> set[str]:
    """Names of all properties of a JSON Schema, however deep."""
    names = set(schema.get("properties", ()))
    below = [*schema.get("properties", {}).values(), *schema.get("$defs", {}).values(), schema.get("items", {})]
    return names.union(*(field_names(part) for part in below if part))


def test_links_between_documents_lead_somewhere():
    links = [
        (page.name, link)
        for page in documents()
        for link in re.findall(r"\]\(([^)#]+)[^)]*\)", page.read_text(encoding="utf-8"))
        if "://" not in link and not (page.parent / link).exists()
    ]
    assert links == []


def test_no_file_names_a_place_on_one_machine():
    assert MACHINE_PATH.search("see /" + "work/x")
    named = [
        f"{path.relative_to(ROOT)}:{number}"
        for path in kept_files()
        if path.suffix not in NOT_TEXT
        for number, line in enumerate(path.read_text(encoding="utf-8", errors="replace").splitlines(), 1)
        if MACHINE_PATH.search(line)
    ]
    assert named == []


def test_the_ablations_are_written_to_where_the_evaluation_reads_them_with_all_it_tells():
    page = (ROOT / "docs" / "training.md").read_text(encoding="utf-8")
    script = (ROOT / "scripts" / "evaluate.py").read_text(encoding="utf-8")
    folder, name = re.findall(r'^ABLATIONS = ROOT / "(\w+)" / "([\w.]+)"$', script, re.MULTILINE)[0]
    assert f"--out {folder}/{name}\n" in page
    figures = re.findall(r'^    "(\w+)":', script.partition("ABLATION_FIGURES = {")[2].partition("}")[0], re.MULTILINE)
    listed = re.findall(r"`\{(name, [^}]*)\}`", page)[0].split(", ")
    assert len(figures) > 3
    assert set(figures) <= set(listed)
