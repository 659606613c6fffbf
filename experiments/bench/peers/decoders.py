"""The ways to a plan that a user would take instead of the planner, each with one call for some rows."""

import importlib.util
import json
import re
import subprocess
import sys
import time
import urllib.request
from abc import ABC, abstractmethod
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import torch
from transformers import LogitsProcessor, LogitsProcessorList, PreTrainedModel

from data_process.compression import CotMode
from data_process.encode import RowEncoder
from data_process.schema import Row
from experiments.bench.decoders import left_padded
from experiments.bench.peers.gguf_file import write_gguf
from gplan.planner.decode import Planner
from gplan.planner.ebnf import ebnf
from utils import ROOT, InputError

REQUIREMENTS = "config/requirements/peers.txt"


class PlanWay(ABC):
    """A way to answer rows with responses' texts, in order."""

    name: str
    needs: tuple[str, ...] = ()  # packages beyond the project's own

    @abstractmethod
    def answer(self, rows: Sequence[Row]) -> list[str]: ...

    def close(self) -> None:  # noqa: B027 (most have nothing to end)
        """Ends what it has started."""


class ThePlanner(PlanWay):
    """This project's planner, as a server has it."""

    def __init__(
        self, model: PreTrainedModel, encoder: RowEncoder, mode: CotMode, *, limit: int, slots: int, drafts: bool
    ):
        self.name = "planner" if drafts else "planner, no drafts"
        self._planner = Planner(model, encoder, mode, slots=slots, limit=limit, drafts=drafts)

    def answer(self, rows: Sequence[Row]) -> list[str]:
        return [self._planner.encoder.response_text(answer.ids) for answer in self._planner.plan(list(rows))]


class HfGenerate(PlanWay):
    """Hugging Face's generate, greedy, with a mask of a subclass or none: rows go together, padded on the left."""

    name = "generate"

    def __init__(self, model: PreTrainedModel, encoder: RowEncoder, mode: CotMode, *, limit: int):
        self._model, self._encoder, self._mode, self._limit = model, encoder, mode, limit

    def masks(self, rows: Sequence[Row]) -> list[LogitsProcessor]:
        """What bars tokens, made anew for each call."""
        return []

    @torch.inference_mode()
    def answer(self, rows: Sequence[Row]) -> list[str]:
        encoder = self._encoder
        prompts, pad = [encoder.prompt(row) for row in rows], encoder.tokenizer.pad_token_id
        ids, mask = left_padded(prompts, pad)
        device = self._model.device
        found = self._model.generate(
            input_ids=ids.to(device),
            attention_mask=mask.to(device),
            max_new_tokens=self._limit,
            do_sample=False,
            eos_token_id=encoder.end,
            pad_token_id=pad,
            logits_processor=LogitsProcessorList(self.masks(rows)),
        )
        return [encoder.response_text(one) for one in found[:, ids.shape[1] :].tolist()]


class HfXgrammar(HfGenerate):
    """generate under xgrammar's mask, of the grammar over token ids that ``python -m gplan.planner ebnf`` exports."""

    name, needs = "generate, xgrammar", ("xgrammar",)

    def __init__(self, *args, **settings):
        import xgrammar

        super().__init__(*args, **settings)
        entries = self._model.config.vocab_size
        info = xgrammar.TokenizerInfo.from_huggingface(
            self._encoder.tokenizer, vocab_size=entries, stop_token_ids=[self._encoder.end]
        )
        compiler = xgrammar.GrammarCompiler(info)
        self._compiled = {
            order: compiler.compile_grammar(ebnf(self._mode, has_order=order, encoder=self._encoder))
            for order in (True, False)
        }

    def masks(self, rows: Sequence[Row]) -> list[LogitsProcessor]:
        from xgrammar.contrib.hf import LogitsProcessor as XgrammarMask

        return [XgrammarMask([self._compiled[bool(row["trigger_1"])] for row in rows])]


class HfLlguidance(HfGenerate):
    """generate under llguidance's mask, of the same grammar in its dialect of Lark."""

    name, needs = "generate, llguidance", ("llguidance",)

    def __init__(self, *args, **settings):
        from llguidance import LLMatcher
        from llguidance.hf import from_tokenizer

        super().__init__(*args, **settings)
        entries = self._model.config.vocab_size
        tokenizer = from_tokenizer(self._encoder.tokenizer, n_vocab=entries, eos_token=self._encoder.end)
        self._matchers = {}
        for order in (True, False):
            text = lark(ebnf(self._mode, has_order=order, encoder=self._encoder))
            self._matchers[order] = LLMatcher(tokenizer, LLMatcher.grammar_from_lark(text))
            if problem := self._matchers[order].get_error():
                raise RuntimeError(f"llguidance refuses the grammar: {problem}")

    def masks(self, rows: Sequence[Row]) -> list[LogitsProcessor]:
        return [
            _LlguidanceMask([self._matchers[bool(row["trigger_1"])].deep_copy() for row in rows], self._encoder.end)
        ]


class _LlguidanceMask(LogitsProcessor):
    def __init__(self, matchers: list, end: int):
        self._matchers, self._end, self._begun = matchers, end, False

    def __call__(self, input_ids, scores):
        from llguidance.torch import allocate_token_bitmask, apply_token_bitmask_inplace, fill_next_token_bitmask

        mask = allocate_token_bitmask(len(self._matchers), scores.shape[-1])
        for row, matcher in enumerate(self._matchers):
            if self._begun and not matcher.is_stopped():
                matcher.consume_token(int(input_ids[row, -1]))
            if not matcher.is_stopped():
                fill_next_token_bitmask(matcher, mask, row)
        self._begun = True
        stopped = [row for row, matcher in enumerate(self._matchers) if matcher.is_stopped()]
        mask[stopped] = -1
        apply_token_bitmask_inplace(scores, mask)
        scores[stopped] = -torch.inf  # a matcher stops behind the plan; the end token is left
        scores[stopped, self._end] = 0
        return scores


def lark(grammar: str) -> str:
    """An exported grammar over token ids in llguidance's dialect: ``a-1 ::= Token(5) | b`` -> ``a_1: <[5]> | b``."""
    rules: list[str] = []
    for line in grammar.splitlines():
        line = line.partition(" #")[0]
        if line.startswith("#"):
            continue
        if line.startswith(" "):  # a rule's further alternatives: here a line of its own can't end with "|"
            rules[-1] += f" {line.strip()}"
        else:
            rules.append(line)
    text = re.sub(r"Token\((\d+)\)", r"<[\1]>", "\n".join(rules))
    text = re.sub(r"[a-z]+(?:-[a-z0-9]+)+", lambda name: name[0].replace("-", "_"), text)
    return re.sub(r"^root\b", "start", text, flags=re.MULTILINE).replace(" ::=", ":")


class LlamaCpp(PlanWay):
    """llama.cpp's server on a GGUF file of the checkpoint, under its exported text grammar; a connection a row."""

    needs = ("gguf", "xllamacpp")

    def __init__(
        self,
        model: PreTrainedModel,
        encoder: RowEncoder,
        mode: CotMode,
        *,
        limit: int,
        folder: Path,
        dtype: torch.dtype,
        threads: int,
        slots: int,
        context: int,
    ):
        self.name = f"llama.cpp, {'fp16' if dtype == torch.float16 else 'fp32'}"
        self._encoder, self._limit = encoder, limit
        path = folder / f"{dtype}.gguf"
        write_gguf(model, encoder.tokenizer, path, dtype)
        self._process, url = start_llama(path, threads=threads, slots=slots, context=context)
        self._url = f"{url}/completion"
        self._grammars = {order: ebnf(mode, has_order=order) for order in (True, False)}
        self._pool = ThreadPoolExecutor(slots)

    def answer(self, rows: Sequence[Row]) -> list[str]:
        return list(self._pool.map(self._one, rows))

    def _one(self, row: Row) -> str:
        grammar = self._grammars[bool(row["trigger_1"])]
        body = json.dumps(llama_request(self._encoder.prompt(row), grammar, self._limit)).encode()
        request = urllib.request.Request(self._url, body, {"Content-Type": "application/json"})
        with urllib.request.urlopen(request) as reply:
            return json.load(reply)["content"]

    def close(self) -> None:
        self._pool.shutdown()
        end(self._process)


def end(process: subprocess.Popen) -> None:
    """Ends a server, at once if it doesn't go when it is asked to: one with requests under way may not."""
    process.terminate()
    try:
        process.wait(20)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def start_llama(path: Path, *, threads: int, slots: int, context: int) -> tuple[subprocess.Popen, str]:
    """llama.cpp's server on a GGUF file as a process, and its address.

    Raises:
        RuntimeError: it does not start.
    """
    words = [str(path), "--threads", str(threads), "--slots", str(slots), "--context", str(context)]
    command = [sys.executable, "-m", "experiments.bench.peers.llama_server", *words]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    for line in process.stdout:
        if line.startswith("http"):
            return process, line.strip()
    raise RuntimeError(f"llama.cpp's server ended with {process.wait()}")


def llama_request(prompt: list[int], grammar: str, limit: int) -> dict[str, Any]:
    """The body of a request for a greedy completion under a grammar."""
    return {"prompt": prompt, "n_predict": limit, "temperature": 0, "cache_prompt": True, "grammar": grammar}


def missing(needs: Sequence[str]) -> list[str]:
    """The packages that are not installed."""
    return [name for name in needs if importlib.util.find_spec(name) is None]


def refuse_missing(what: str, needs: Sequence[str]) -> None:
    """Raises InputError for a peer that was asked for and isn't there."""
    if gone := missing(needs):
        raise InputError(
            f"--peers {what}: {', '.join(gone)} not installed; pip install -r {REQUIREMENTS}, or leave it out"
        )


def timed(way: PlanWay, rows: Sequence[Row]) -> tuple[list[str], float]:
    """Its answers, and the seconds to all of them."""
    began = time.perf_counter()
    found = way.answer(rows)
    if torch.cuda.is_available():
        torch.cuda.synchronize()
    return found, time.perf_counter() - began


def settings_of(way: PlanWay) -> dict[str, Any]:
    """Its packages and their versions."""
    from importlib.metadata import version

    return {name: version(name) for name in way.needs}
