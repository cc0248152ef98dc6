"""Every planted mistake."""

from __future__ import annotations

from pathlib import Path

import in_api
import in_cloudfront
import in_domains
import in_events
import in_places
import in_policies
import in_roles
import in_storage
import in_watching
from mutant import Misplaced, Mutant

MUTANTS: list[Mutant] = [m for area in (in_api, in_cloudfront, in_domains, in_events, in_places, in_policies, in_roles, in_storage, in_watching) for m in area.MUTANTS]

# Those that change a policy document, which only an apply renders.
OF_DOCUMENTS = {mutant.name for mutant in (*in_places.MUTANTS, *in_policies.MUTANTS)}


def misplaced(module: Path) -> list[str]:
    """Mistakes whose text does not occur exactly once, or that have a name in common."""
    found = []
    for mutant in MUTANTS:
        try:
            mutant.applied((module / mutant.file).read_text(encoding="utf-8"))
        except Misplaced as error:
            found.append(str(error))
    names = [m.name for m in MUTANTS]
    return found + [f"{name} is the name of two mistakes" for name in sorted(set(names)) if names.count(name) > 1]
