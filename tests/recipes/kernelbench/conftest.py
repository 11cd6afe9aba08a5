"""A folder of two tiny problems in KernelBench's form, and a model with a script."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

TANH = '''\
"""A tanh, scaled and shifted, several times over."""

import torch
from torch import nn


class Model(nn.Module):
    def forward(self, x):
        for _ in range(10):
            y = torch.tanh(x)
        return y * 2.0 + 1.0


def get_inputs():
    return [torch.randn(64, 1024)]


def get_init_inputs():
    return []
'''
LINEAR = '''\
"""A linear layer, then ReLU, several times over."""

import torch
from torch import nn


class Model(nn.Module):
    def __init__(self, n):
        super().__init__()
        self.linear = nn.Linear(n, n)

    def forward(self, x):
        for _ in range(10):
            y = torch.relu(self.linear(x))
        return y


def get_inputs():
    return [torch.randn(32, 128)]


def get_init_inputs():
    return [128]
'''
FASTER_TANH = """\
import torch
from torch import nn


class ModelNew(nn.Module):
    def forward(self, x):
        return torch.tanh(x).mul_(2.0).add_(1.0)
"""
FASTER_LINEAR = """\
import torch
from torch import nn


class ModelNew(nn.Module):
    def __init__(self, n):
        super().__init__()
        self.linear = nn.Linear(n, n)

    def forward(self, x):
        return torch.relu(self.linear(x))
"""
WRONG = FASTER_TANH.replace("2.0", "2.5")


def reply(kernel: str, words: str) -> str:
    return f"{words}\n\n```python\n{kernel}```\n"


@pytest.fixture(scope="session")
def problems(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("problems")
    for level, name, text in ((1, "1_Tanh.py", TANH), (2, "1_Linear.py", LINEAR)):
        (root / f"level{level}").mkdir()
        (root / f"level{level}" / name).write_text(text)
    return root


@pytest.fixture(scope="session")
def model(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Answers a question about either problem with a kernel that is right and does less, each time another text."""
    folder = tmp_path_factory.mktemp("model")
    (folder / "answers.json").write_text(json.dumps({"tanh": FASTER_TANH, "linear": FASTER_LINEAR}))
    program = folder / "model.py"
    program.write_text(
        "import hashlib, json, pathlib, sys\n"
        "prompt = sys.stdin.read()\n"
        "here = pathlib.Path(__file__).parent\n"
        "answers = json.loads((here / 'answers.json').read_text())\n"
        "kernel = answers['linear' if 'self.linear(x)' in prompt.split('What won on other')[0] else 'tanh']\n"
        "with (here / 'prompts.txt').open('a') as file:\n"
        "    file.write(prompt + '\\n=====\\n')\n"
        "number = (here / 'prompts.txt').read_text().count('=====')\n"
        "print('It does the work once and in place.\\n\\n```python\\n' + kernel + f'N{number} = {number}\\n```')\n"
    )
    return f"cmd:python3 {program}"
