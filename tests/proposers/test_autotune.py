"""Configurations of an autotuner are a knob: one of them in place of the list."""

from __future__ import annotations

import ast

from kernel_gepa.proposers.knobs import knobs, turned

TWO = '''"""µ"""
@triton.autotune(
    configs=[triton.Config({"BLOCK": 64}, num_warps=2), triton.Config({"BLOCK": 128})],
    key=["n"],
)
@triton.jit
def kernel(x, n, BLOCK: tl.constexpr = 64):
    pass
'''


def test_each_configuration_is_a_choice_that_leaves_the_rest_as_it_is() -> None:
    (knob,) = knobs(TWO)
    assert knob.name == "configs of kernel"
    assert knob.choices == ('[triton.Config({"BLOCK": 64}, num_warps=2)]', '[triton.Config({"BLOCK": 128})]')
    changed = turned(TWO, {knob: knob.choices[1]})
    assert 'configs=[triton.Config({"BLOCK": 128})],\n    key=["n"]' in changed
    ast.parse(changed)
    assert knobs(changed) == (), "nothing is left to choose"
    assert knob.neighbours() == knob.choices


def test_configurations_that_are_made_elsewhere_or_repeat_are_no_knob() -> None:
    assert knobs(TWO.replace("configs=[", "configs=CONFIGS or [")) == ()
    assert knobs("@triton.autotune(configs=[c for c in range(3)], key=[])\ndef f():\n    pass\n") == ()
    assert knobs("@triton.autotune(configs=[triton.Config({}), triton.Config({})], key=[])\ndef f(): pass\n") == ()
    assert knobs("this is autotune and does not parse (") == ()


def test_a_constexpr_default_is_turned_by_a_comment() -> None:
    (knob,) = knobs("def kernel(\n    x,\n    BLOCK: tl.constexpr = 64,  # tune: 32, 64, 128\n): pass\n")
    assert (knob.name, knob.value, knob.neighbours()) == ("BLOCK", "64", ("32", "128"))


def test_a_comment_inside_the_list_is_the_knob_that_was_wanted() -> None:
    text = TWO.replace("num_warps=2), ", "num_warps=2,  # tune: 2, 4\n), ")
    assert [knob.name for knob in knobs(text)] == ["num_warps"]
