"""What speed and quality are measured with. Each starts as `python -m benchmarks.x`; figures lie in results/."""
