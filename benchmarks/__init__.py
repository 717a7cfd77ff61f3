"""The figures of docs/performance.md: ratios against a bare reference of the same run."""
