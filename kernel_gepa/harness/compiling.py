"""A reference as torch.compile makes it: a baseline beside the eager one. Runs in the sandbox, beside worker.py."""

from __future__ import annotations

from typing import Any

# One specialised version for each workload, and never a silent return to eager because there are too many of them.
MOST_VERSIONS = 256


def compiled(torch: Any, function: Any) -> Any:
    """Compiles at the first call with each shape; processes of its own would be left over when the worker is sealed."""
    import torch._dynamo.config
    import torch._inductor.config

    torch._inductor.config.compile_threads = 1
    torch._dynamo.config.cache_size_limit = MOST_VERSIONS
    torch._dynamo.config.accumulated_cache_size_limit = MOST_VERSIONS
    return torch.compile(function, dynamic=False)
