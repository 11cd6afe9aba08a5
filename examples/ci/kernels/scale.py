"""Twice the input."""

kernel = "scale.cpp"


def workloads():
    return {"line": {"x": "float32[n=16384]"}}


def reference(x):
    return 2 * x
