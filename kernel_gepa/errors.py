"""What can go wrong with the house; a kernel that goes wrong is a `Verdict`, never one of these.

KernelGepaError
├── UsageError              the user can fix it: exit 2
│   ├── TaskError           the task file, its reference or its workloads
│   │   └── StartError      the kernel to start from does not build or is wrong: exit 3
│   └── RunFolderError      a run folder that is not one, or not resumable
├── InfrastructureError     the machine can fix it: exit 4
│   ├── SandboxError        the sandbox broke; says nothing about the kernel in it
│   │   └── SandboxLost     it was there and is gone: the same work may go through in a fresh one
│   ├── ToolchainError      a compiler is missing or does not work
│   └── ModelError          the language model cannot be reached or refuses
│       └── ModelDown       it failed again and again: it is not asked any more
├── BudgetSpent             the budget ended before a verdict: exit 6
└── Interrupted             the user asked to stop; state is saved: exit 130
"""

from __future__ import annotations


class KernelGepaError(Exception):
    """Every message says what happened, to what, and what to do."""

    exit_code = 4


class UsageError(KernelGepaError):
    exit_code = 2


class TaskError(UsageError):
    pass


class StartError(TaskError):
    exit_code = 3


class RunFolderError(UsageError):
    pass


class InfrastructureError(KernelGepaError):
    exit_code = 4


class SandboxError(InfrastructureError):
    pass


class SandboxLost(SandboxError):
    pass


class ToolchainError(InfrastructureError):
    pass


class ModelError(InfrastructureError):
    """`retryable` says whether the same request may go through later (408, 429, 5xx, connection lost).

    `free` says that nobody can have charged for it: the request was refused, or never arrived.
    """

    def __init__(self, message: str, *, retryable: bool = False, free: bool = False) -> None:
        super().__init__(message)
        self.retryable = retryable
        self.free = free


class ModelDown(ModelError):
    pass


class BudgetSpent(KernelGepaError):
    exit_code = 6


class Interrupted(KernelGepaError):
    exit_code = 130
