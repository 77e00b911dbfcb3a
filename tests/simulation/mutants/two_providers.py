"""Wrong changes where two providers are live at once, tried at both."""

from __future__ import annotations

from attrs import evolve

from tests.simulation.mutant import RECONCILE, REQUESTS, SETTLING, Mutant, mutant
from tests.simulation.variant import Variant

_MUTANTS: tuple[Mutant, ...] = (
    mutant(
        "Take another provider's payment for the session's own",
        SETTLING,
        "if event.provider != session.provider:",
        "if event.provider == '':",
    ),
    mutant(
        "Resume the open checkout of another provider than the chosen one",
        REQUESTS,
        "if session.cancel_requested_at is not None or session.provider != provider:",
        "if session.cancel_requested_at is not None:",
    ),
    mutant(
        "Let one provider's outage end the reconciliation",
        RECONCILE,
        "            except Exception as error:  # noqa: BLE001 - one session must not stop the run for all others\n"
        "                failed.append(session)\n",
        "            except ValueError as error:\n                failed.append(session)\n",
    ),
)
MUTANTS = tuple(evolve(one, variant=Variant.TWO) for one in _MUTANTS)
