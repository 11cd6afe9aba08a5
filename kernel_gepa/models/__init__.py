"""Language models: one file per way to reach one, and wrappers that retry, meter and remember."""
