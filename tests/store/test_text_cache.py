from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from kernel_gepa.store.cache import TextCache


def test_texts_come_back_from_another_process_or_thread(tmp_path: Path) -> None:
    path = tmp_path / "new" / "kept.sqlite"
    caches = [TextCache(path), TextCache(path)]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda n: caches[n % 2].put(f"key {n}", f"é {n}"), range(100)))
        assert list(pool.map(lambda n: caches[(n + 1) % 2].get(f"key {n}"), range(100))) == [
            f"é {n}" for n in range(100)
        ]
    assert caches[0].get("another") is None


def test_the_entries_that_were_not_used_for_longest_go_first(tmp_path: Path) -> None:
    cache = TextCache(tmp_path / "kept.sqlite", most=10)
    for n in range(10):
        cache.put(str(n), "x")
    cache.get("0")
    cache.put("10", "x")
    kept = [n for n in range(11) if cache.get(str(n)) is not None]
    assert 0 in kept
    assert 10 in kept
    assert 1 not in kept


def test_a_file_that_is_no_database_is_as_good_as_an_empty_cache(tmp_path: Path) -> None:
    (tmp_path / "kept.sqlite").write_bytes(b"nonsense" * 1000)
    cache = TextCache(tmp_path / "kept.sqlite")
    cache.put("key", "text")
    assert cache.get("key") is None
