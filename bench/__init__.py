"""The benchmark: the hub beside the floor it is measured by (docs/benchmarks.md)."""
