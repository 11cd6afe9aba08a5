"""How often each of `bins` values occurs.

A reference without a kernel of its own, for a kernel that lives in another file:
`kernel-gepa optimize histogram.cpp --reference reference.py`
"""

import torch


def workloads():
    return {
        "even": {"values": "int32[n=300007] ~ integers(0, 256)", "bins": 256},
        "skewed": {"values": "int32[n=262144] ~ integers(0, 3)", "bins": 256},
    }


def reference(values, bins):
    return torch.bincount(values, minlength=bins).to(torch.int32)
