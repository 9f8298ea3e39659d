"""What a part of the soak has seen: how often what came, and each fault with what led to it."""

from collections import Counter
from dataclasses import dataclass, field


@dataclass
class Report:
    """Counts of what came, by name, and the faults, a line each, with what makes them come again."""

    part: str
    seed: int
    came: Counter[str] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)

    def note(self, what: str, fault: str = "") -> None:
        """Count what came; a fault is kept in words."""
        self.came[what] += 1
        if fault:
            self.faults.append(fault)

    def __str__(self) -> str:
        counts = ", ".join(f"{what}: {count:,}" for what, count in sorted(self.came.items()))
        lines = [f"{self.part} (seed {self.seed}): {self.came.total():,} tries, {len(self.faults)} faults ({counts})"]
        return "\n".join(lines + [f"  fault: {fault}" for fault in self.faults[:20]])
