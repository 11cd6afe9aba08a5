"""What every `Store` promises, as tests. Subclass it and give it a fixture `store` that answers with an empty one."""

from __future__ import annotations

from math import inf, nan

from kernel_gepa.ports import Store


class StoreContract:
    def test_a_new_store_holds_nothing(self, store: Store) -> None:
        assert list(store.records()) == []

    def test_records_come_back_as_they_were_in_the_order_of_writing(self, store: Store) -> None:
        written: list[dict[str, object]] = [
            {"kind": "header", "nested": {"list": [1, 2.5, None, True], "empty": {}}},
            {"kind": "text", "kernel": 'line one\nline "two"\r\n\ttab \u2028 ünïcode \ud800 \x00'},
            {"kind": "text", "kernel": ""},
        ]
        for record in written:
            store.append(record)
        assert list(store.records()) == written

    def test_a_record_that_changes_after_it_was_written_does_not_change_in_the_store(self, store: Store) -> None:
        record: dict[str, object] = {"kind": "a", "values": [1]}
        store.append(record)
        record["kind"] = "b"
        assert [r["kind"] for r in store.records()] == ["a"]

    def test_a_number_that_json_has_not_is_refused_and_leaves_no_trace(self, store: Store) -> None:
        store.append({"kind": "before"})
        for wild in (nan, inf, -inf):
            try:
                store.append({"kind": "wild", "value": {"deep": [wild]}})
            except ValueError:
                continue
            raise AssertionError(f"the store took {wild}")
        store.append({"kind": "after"})
        assert [r["kind"] for r in store.records()] == ["before", "after"]
