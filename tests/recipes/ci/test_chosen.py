"""Which kernels, at which revisions."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest

from kernel_gepa.errors import TaskError, UsageError
from kernel_gepa.recipes.ci.chosen import Named, drafted, found, named, touched
from kernel_gepa.recipes.ci.match import Nobody, Revision, definition, match_of
from kernel_gepa.recipes.ci.revisions import Repository, repository
from kernel_gepa.report.ci.record import Side
from tests.cli.library import changed, git, library


@dataclass(frozen=True)
class Looked:
    """The example with a change, and its two revisions."""

    here: Repository
    base: str
    head: str


@pytest.fixture
def looked(tmp_path: Path) -> Looked:
    desk = library(tmp_path)
    base = git(desk.folder, "rev-parse", "HEAD").strip()
    changed(desk, "regression")
    here = repository(desk.folder / "kernels")
    return Looked(here, base, here.commit("HEAD"))


def test_words_are_paths_from_the_top_of_the_repository() -> None:
    assert named(["a.py", "../b.cpp = refs/b.py"], "kernels") == (
        Named("kernels/a.py"),
        Named("b.cpp", "kernels/refs/b.py"),
    )
    for wrong in ("../../x.py", "/etc/passwd", ""):
        with pytest.raises(UsageError):
            named([wrong], "kernels")
    with pytest.raises(UsageError, match="named twice"):
        named(["a.py", "./a.py"], ".")


def test_all_tasks_are_found_and_only_those_that_the_diff_touches_are_looked_at(looked: Looked) -> None:
    with looked.here.files(looked.head) as files:
        everything = found(looked.here, looked.head, files)
        assert [each.source for each in everything] == [f"kernels/{n}.py" for n in ("polynomial", "scale", "smooth")]
        changed = looked.here.changed(looked.base, looked.head)
        assert changed == {"kernels/smooth.cpp"}
        assert [each.source for each in touched(everything, files, changed)] == ["kernels/smooth.py"]


def test_what_base_gained_since_the_fork_is_not_heads_doing(looked: Looked) -> None:
    root = looked.here.root
    git(root, "checkout", "-q", "main")
    (root / "kernels" / "scale.cpp").write_text("// later\n")
    git(root, "commit", "-q", "-a", "-m", "later")
    later = looked.here.commit("main")
    assert looked.here.fork_point(later, looked.head) == looked.base
    assert looked.here.changed(looked.base, looked.head) == {"kernels/smooth.cpp"}


def test_revisions_that_never_met_say_what_to_do(looked: Looked) -> None:
    root = looked.here.root
    git(root, "checkout", "-q", "--orphan", "alone")
    git(root, "commit", "-q", "-m", "alone")
    with pytest.raises(UsageError, match="fetch-depth: 0"):
        looked.here.fork_point(looked.base, looked.here.commit("alone"))


def test_files_of_a_commit_are_unpacked_elsewhere_and_gone_afterwards(looked: Looked) -> None:
    with looked.here.files(looked.base) as files:
        assert not files.is_relative_to(looked.here.root)
        assert "double" not in (files / "kernels" / "smooth.cpp").read_text()
    assert not files.exists()
    assert git(looked.here.root, "status", "--porcelain") == ""


def test_a_link_that_leads_out_of_the_repository_is_refused(looked: Looked) -> None:
    root = looked.here.root
    (root / "kernels" / "out.cpp").symlink_to("/etc/hostname")
    git(root, "add", "-A")
    git(root, "commit", "-q", "-m", "a link")
    with (
        pytest.raises(UsageError, match="cannot be used"),
        looked.here.files(looked.here.commit("HEAD")),
    ):
        pass


def test_a_kernel_elsewhere_is_none_of_the_repositorys(tmp_path: Path) -> None:
    desk = library(tmp_path / "library")
    (tmp_path / "elsewhere.cpp").write_text("int x;")
    task = desk.folder / "kernels" / "scale.py"
    for elsewhere in ("../../elsewhere.cpp", str(tmp_path / "elsewhere.cpp")):
        task.write_text(task.read_text().replace("scale.cpp", elsewhere, 1))
        with pytest.raises(TaskError, match="outside of the repository"):
            drafted(desk.folder.resolve(), Named("kernels/scale.py"))
        task.write_text(task.read_text().replace(elsewhere, "scale.cpp", 1))


def test_the_base_of_a_kernel_is_its_text_at_the_revision(looked: Looked) -> None:
    with looked.here.files(looked.base) as before, looked.here.files(looked.head) as after:
        opponent = Revision(Side("main", looked.base), before)
        slower = match_of(after, Named("kernels/smooth.py"), opponent)
        assert (slower.unchanged, slower.notes, slower.file) == (False, (), "kernels/smooth.cpp")
        assert slower.base == (before / "kernels" / "smooth.cpp").read_text()
        assert match_of(after, Named("kernels/scale.py"), opponent).unchanged
        again = Revision(opponent.side, before, measure_unchanged=True)
        assert not match_of(after, Named("kernels/scale.py"), again).unchanged
        (before / "kernels" / "scale.cpp").unlink()
        young = match_of(after, Named("kernels/scale.py"), opponent)
        assert young.base is None
        assert str(before) not in young.why


def test_comments_change_no_kernel_and_other_workloads_change_what_is_right(looked: Looked) -> None:
    with looked.here.files(looked.base) as before, looked.here.files(looked.base) as after:
        opponent = Revision(Side("main", looked.base), before)
        kernel, task = (after / "kernels" / f"scale.{suffix}" for suffix in ("cpp", "py"))
        kernel.write_text("// as it was\n" + kernel.read_text())
        assert match_of(after, Named("kernels/scale.py"), opponent).unchanged
        draft = drafted(after, Named("kernels/scale.py"))
        task.write_text(task.read_text().replace("16384", "8192"))
        other = match_of(after, Named("kernels/scale.py"), opponent)
        assert not other.unchanged
        assert "the definition of what is right changed" in other.notes[0]
        assert definition(draft) != definition(other.draft)


def test_a_file_without_a_kernel_of_its_own_is_nothing_to_check(tmp_path: Path) -> None:
    text = "class Model:\n    pass\n\n\ndef get_inputs():\n    return []\n\n\ndef get_init_inputs():\n    return []\n"
    (tmp_path / "model.py").write_text(text)
    with pytest.raises(TaskError, match="defines no class ModelNew"):
        match_of(tmp_path.resolve(), Named("model.py"), Nobody())
