"""Problems from folders and from the data set: the same either way, normalised, and chosen by number."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from kernel_gepa.benchmarks.kernelbench.problems import Problem, chosen, read_problems, share, smaller
from kernel_gepa.errors import UsageError

TEXT = "class Model: ...\n\nbatch_size = 4 * 4096\ndim = 8\n"


def checkout(folder: Path) -> Path:
    for level, names in ((1, ("2_add.py", "10_mul.py", "1_scale.py")), (2, ("1_two.py",)), (4, ("1_llm.py",))):
        at = folder / "KernelBench" / f"level{level}"
        at.mkdir(parents=True)
        for name in names:
            (at / name).write_text(f"# {name}\n{TEXT}")
    (folder / "KernelBench" / "level1" / "notes.py").write_text("")
    return folder


def test_a_checkout_is_read_in_the_order_of_its_numbers_without_level_four(tmp_path: Path) -> None:
    found = read_problems(checkout(tmp_path))
    assert [(p.level, p.id, p.name) for p in found] == [
        (1, 1, "1_scale.py"),
        (1, 2, "2_add.py"),
        (1, 10, "10_mul.py"),
        (2, 1, "1_two.py"),
    ]
    assert [p.level for p in read_problems(tmp_path, [4])] == [4]


def test_the_published_data_set_gives_what_the_checkout_gives(tmp_path: Path) -> None:
    pyarrow = pytest.importorskip("pyarrow", reason="needs pyarrow, of the extra kernelbench")
    from pyarrow import parquet

    from_checkout = read_problems(checkout(tmp_path / "repository"))
    data = tmp_path / "set" / "data"
    data.mkdir(parents=True)
    for level in (1, 2):
        rows = [p for p in from_checkout if p.level == level]
        columns = {
            "code": [p.text for p in rows],
            "level": [p.level for p in rows],
            "name": [p.name.removesuffix(".py") for p in rows],  # as they are published
            "problem_id": [p.id for p in rows],
        }
        parquet.write_table(pyarrow.table(columns), data / f"level_{level}-00000-of-00001.parquet")
    assert read_problems(tmp_path / "set") == from_checkout
    assert read_problems(data / "level_2-00000-of-00001.parquet", [2]) == from_checkout[3:]


def test_without_pyarrow_the_extra_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "level_1-00000-of-00001.parquet").write_bytes(b"PAR1")
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    monkeypatch.setitem(sys.modules, "pyarrow.parquet", None)
    with pytest.raises(UsageError, match=r"kernel-gepa\[kernelbench\]"):
        read_problems(tmp_path)


def test_a_file_that_is_no_table_is_a_sentence(tmp_path: Path) -> None:
    pytest.importorskip("pyarrow", reason="needs pyarrow, of the extra kernelbench")
    (tmp_path / "level_1.parquet").write_bytes(b"nothing of the kind")
    with pytest.raises(UsageError, match="no file of KernelBench's data set"):
        read_problems(tmp_path)


@pytest.mark.parametrize("root", ["hf:ScalingIntelligence/KernelBench", "https://huggingface.co/datasets/x"])
def test_nothing_is_fetched(root: str) -> None:
    with pytest.raises(UsageError, match="fetch the parquet files"):
        read_problems(Path(root))


def test_an_empty_folder_is_told_what_may_be_in_it(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"level1/1_NAME\.py"):
        read_problems(tmp_path)


def test_two_files_with_one_number_are_refused(tmp_path: Path) -> None:
    at = tmp_path / "level1"
    at.mkdir()
    for name in ("1_a.py", "1_b.py"):
        (at / name).write_text(TEXT)
    with pytest.raises(UsageError, match="the same number"):
        read_problems(tmp_path)


def problems() -> tuple[Problem, ...]:
    return tuple(Problem(level, n, f"{n}_x.py", TEXT) for level in (1, 2) for n in range(1, 6))


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("", [(level, n) for level in (1, 2) for n in range(1, 6)]),
        ("2", [(1, 2), (2, 2)]),
        ("1-2, 2/5", [(1, 1), (1, 2), (2, 1), (2, 2), (2, 5)]),
        ("2/1-3", [(2, 1), (2, 2), (2, 3)]),
    ],
)
def test_problems_are_chosen_by_number_and_level(words: str, expected: list[tuple[int, int]]) -> None:
    assert [(p.level, p.id) for p in chosen(problems(), words)] == expected


@pytest.mark.parametrize("words", ["9", "3/1", "x", "1-", "1-9"])
def test_what_there_is_not_is_refused(words: str) -> None:
    with pytest.raises(UsageError):
        chosen(problems(), words)


def test_shards_are_disjoint_and_complete() -> None:
    parts = [share(problems(), f"{i}/3") for i in (1, 2, 3)]
    assert sorted((p.level, p.id) for part in parts for p in part) == [(p.level, p.id) for p in problems()]
    for words in ("0/3", "4/3", "3", "a/b"):
        with pytest.raises(UsageError, match="--shard"):
            share(problems(), words)


def test_only_published_problems_train_and_a_file_that_says_its_mode_keeps_it() -> None:
    published = Problem(1, 1, "1_x.py", TEXT, published=True)
    assert 'mode = "train"' in published.task_text()
    assert Problem(1, 1, "1_x.py", TEXT).task_text() == TEXT
    says = 'mode = "eval"\n' + TEXT
    assert Problem(1, 1, "1_x.py", says, published=True).task_text() == says


def test_a_batch_is_cut_down_and_nothing_else_changes() -> None:
    namespace: dict[str, int] = {}
    cut = smaller("batch_size = (\n    2 *\n    4096\n)\ndim = 8\n", 4)
    exec(cut, namespace)
    assert (namespace["batch_size"], namespace["dim"]) == (4, 8)
    assert smaller("dim = 8\n", 4) == "dim = 8\n"
    exec(smaller("batch_size = 2\n", 4), namespace)
    assert namespace["batch_size"] == 2
