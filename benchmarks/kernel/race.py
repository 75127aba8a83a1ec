"""Runs the contenders side by side: each in its own process, one after the other, the GEMM rate before every round."""

import dataclasses
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.kernel import process
from benchmarks.kernel.case import Case
from benchmarks.kernel.contenders import BLOCK_SHARE, Contender
from benchmarks.kernel.process import ContenderError
from benchmarks.kernel.record import GEMM, Record
from benchmarks.kernel.sweep import Sweep
from hpcpinn.run import memory

OURS = Path(sys.executable)
# Whoever took longer than this in one round has no second one.
PATIENCE = 30.0


class Race:
    """One run of the benchmark; its records come one by one.

    Args:
        sweep: the cases.
        precisions: in which precisions.
        peers: the interpreter of the peers' environment; None leaves them out.
        folder: an empty one, for parameters and answers.
    """

    def __init__(self, sweep: Sweep, precisions: Sequence[str], peers: Path | None, folder: Path) -> None:
        self.sweep, self.precisions, self.peers, self.folder = sweep, precisions, peers, folder
        self.memory, self.platform, self.rates = 0, "", dict.fromkeys(precisions, 0.0)

    def run(self, kernels: Sequence[Contender], seeds: Sequence[Contender]) -> Iterator[Record]:
        """All records: kernels, then seeds, then the GEMM rate once more."""
        for case in self.sweep.kernels(self.precisions) if kernels else ():
            yield from self._case(case, kernels)
        for case in self.sweep.networks(self.precisions) if seeds else ():
            yield from self._case(case, seeds)
        yield from (self._gemm(self.sweep.gemm(precision)) for precision in self.precisions)

    def _case(self, case: Case, contenders: Sequence[Contender]) -> Iterator[Record]:
        asked = [contender for contender in contenders if self.peers or not contender.needs_peers]
        for _ in range(self.sweep.rounds):
            yield self._gemm(self.sweep.gemm(case.precision))
            records = list(self._round(case, asked))
            yield from records
            asked = [contender for contender, record in zip(asked, records, strict=True) if _short(record)]
        self._parameters(case).unlink(missing_ok=True)

    def _round(self, case: Case, contenders: Sequence[Contender]) -> Iterator[Record]:
        reference: np.ndarray | None = None
        for contender in contenders:
            try:
                told, answer = self._answer(contender, case)
            except ContenderError as error:
                yield Record(contender.name, contender.variant, case, refusal=str(error))
                continue
            reference = answer if reference is None else reference
            told["difference"] = float(np.linalg.norm(answer - reference) / np.linalg.norm(reference))
            yield Record(contender.name, contender.variant, case, told)

    def _answer(self, contender: Contender, case: Case) -> tuple[dict[str, Any], np.ndarray]:
        refusal = self._refusal(contender, case)
        if refusal:
            raise ContenderError(refusal)
        file = self.folder / "answer.npy"
        block = int(BLOCK_SHARE * self.memory)
        asked = dataclasses.replace(case, variant=contender.variant, memory=block, answer=str(file))
        return self._told(contender, asked), np.load(file)

    def _refusal(self, contender: Contender, case: Case) -> str:
        if contender.needs_peers and self.platform != "cpu":
            return "runs on the CPU only"  # as peers.txt installs it
        return contender.refusal(case, self.memory, self.rates[case.precision])

    def _told(self, contender: Contender, asked: Case) -> dict[str, Any]:
        if not contender.needs_peers or self.peers is None:
            return process.told(OURS, contender.module, asked)
        file = self._parameters(asked)
        asked = dataclasses.replace(asked, parameters=str(file))
        if not file.exists():
            process.told(OURS, "parameters", asked)
        return process.told(self.peers, contender.module, asked)

    def _parameters(self, case: Case) -> Path:
        return self.folder / f"{case.precision}-{case.width}-{case.rows}.npz"

    def _gemm(self, case: Case) -> Record:
        told = process.told(OURS, "gemm", case)
        self.platform = told["platform"]
        self.memory = told.get("memory_bytes") or memory.machine_bytes()
        self.rates[case.precision] = max(self.rates[case.precision], told["flops"]["jax"])
        return Record(GEMM, "", case, told)


def _short(record: Record) -> bool:
    return bool(record.told) and record.told["first"] + sum(record.told["seconds"]) < PATIENCE
