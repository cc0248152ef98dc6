"""A planted mistake: a small change of one source, and why it matters."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


class Misplaced(Exception):
    """The text to replace does not occur exactly once."""


@dataclass(frozen=True)
class Mutant:
    """One mistake. `inside` narrows the place to the block or entry that begins with this text."""

    name: str
    file: str
    text: str
    replacement: str
    why: str
    run: str | None = "plain"
    """The run of policies.tftest.hcl whose plan it changes; None where no plan shows it."""
    inside: str | None = None
    snapshot_only: str | None = None
    """Why no case can say more than the snapshot does, where that is so."""
    tested_in: str | None = None
    """The file of `terraform test` that must refuse it, where no test of the policies can."""

    @property
    def is_elsewhere(self) -> bool:
        """Whether only another region, partition, account and name show it."""
        return (self.run or "").startswith("elsewhere_")

    def applied(self, text: str) -> str:
        """The source with the mistake in it."""
        start, end = self._place(text)
        found = text[start:end].count(self.text)
        if found != 1:
            raise Misplaced(f"{self.name}: {self.file} has {found} times {self.text!r}" + (f" inside {self.inside!r}" if self.inside else ""))
        return text[:start] + text[start:end].replace(self.text, self.replacement) + text[end:]

    def _place(self, text: str) -> tuple[int, int]:
        """From `inside` to the end of its line, of the block that it opens, or of the block around it."""
        if self.inside is None:
            return 0, len(text)
        if text.count(self.inside) != 1:
            raise Misplaced(f"{self.name}: {self.file} has {text.count(self.inside)} times {self.inside!r}")
        start = text.index(self.inside)
        line_start = text.rfind("\n", 0, start) + 1
        first, *rest = text[line_start:].splitlines(keepends=True)
        end = line_start + len(first)
        if first.rstrip().endswith(("}", "},")):
            return start, end
        depth = _indent(first) if first.rstrip().endswith(("{", "[", "(")) else _indent(first) - 1
        for line in rest:
            end += len(line)
            if line.strip().startswith(("}", "]", ")")) and _indent(line) <= depth:
                break
        return start, end

    def plant(self, module: Path) -> None:
        """Writes the mistake into a copy of the module."""
        file = module / self.file
        file.write_text(self.applied(file.read_text(encoding="utf-8")), encoding="utf-8")


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip(" "))
