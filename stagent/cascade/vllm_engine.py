"""An engine over `vllm serve`: ids in, ids and log-probabilities out, at POST /v1/completions.

Every message of every episode is a request of its own; the server takes them up as they come, so that no episode waits
for another. TRL, in its vLLM server mode, sends the trained weights to the same server. Fields are those of vLLM's
OpenAI-compatible server with token ids (0.22 to 0.31, which TRL 1.16 takes).
"""

import asyncio
import math
from collections.abc import Sequence
from typing import Any

import httpx2

from stagent.rollout.sequence import Sampled
from stagent.rollout.speaker import NoReplyError

_CONNECT_SECONDS = 10.0  # an episode's deadline bounds the rest


class VllmEngine:
    """A model served by vLLM.

    Args:
        url: of the server, without /v1.
        model: its name there: the path given to `vllm serve`.
        end: the id that ends a message.
        longest: ids of a prompt and what is written behind it, `--max-model-len`.
        temperature: at which tokens are drawn, the trainer's own: the server is to run with
            `--logprobs-mode processed_logprobs`, or log-probabilities are those of temperature 1.
    """

    def __init__(self, url: str, model: str, *, end: int, longest: int, temperature: float = 1.0):
        self.name, self._longest = model, longest
        self._url = f"{url.rstrip('/')}/v1/completions"
        self._asked = {
            "model": model,
            "temperature": temperature,
            # Else the server draws as the checkpoint's generation_config.json says (Qwen3: top_k 20, top_p .95), and
            # log-probabilities are not those of the policy in training.
            "top_p": 1.0,
            "top_k": 0,
            "min_p": 0.0,
            "repetition_penalty": 1.0,
            "stop_token_ids": [end],
            "logprobs": 0,  # of the token that was drawn, and no others
            "return_token_ids": True,
        }
        self._client: httpx2.AsyncClient | None = None
        self._loop: asyncio.AbstractEventLoop | None = None

    async def sample(self, prompt: Sequence[int], most: int, seed: int) -> Sampled:
        """Raises NoReplyError: the server failed, or refused."""
        most = min(most, self._longest - len(prompt))
        if most < 1:
            return Sampled([], [], "length")
        body = self._asked | {"prompt": list(prompt), "max_tokens": most, "seed": seed}
        try:
            response = await self._connected().post(self._url, json=body)
        except httpx2.HTTPError as error:
            raise NoReplyError(f"{self._url}: {type(error).__name__}: {error}") from error
        if response.status_code != 200:
            raise NoReplyError(f"{self._url}: HTTP {response.status_code}: {response.text[:300]}")
        try:
            return _sampled(response.json()["choices"][0])
        except (ValueError, KeyError, TypeError, IndexError) as error:
            what = f"no token ids with log-probabilities in the answer ({error!r}); vLLM 0.22 or later is needed"
            raise NoReplyError(f"{self._url}: {what}") from error

    def _connected(self) -> httpx2.AsyncClient:
        """The client of the running event loop: connections of a loop that ended can't be used again."""
        loop = asyncio.get_running_loop()
        if self._client is None or loop is not self._loop:
            timeout = httpx2.Timeout(None, connect=_CONNECT_SECONDS)
            limits = httpx2.Limits(max_connections=None, max_keepalive_connections=None)
            self._client = httpx2.AsyncClient(timeout=timeout, limits=limits, trust_env=False)
            self._loop = loop
        return self._client

    async def close(self) -> None:
        if self._client is not None and self._loop is asyncio.get_running_loop():
            await self._client.aclose()
        self._client = None


def _sampled(choice: dict[str, Any]) -> Sampled:
    """What a choice says. Raises what reading it raises; ValueError for log-probabilities that are none."""
    ids, logprobs = list(choice["token_ids"]), list(choice["logprobs"]["token_logprobs"])
    if not ids or len(ids) != len(logprobs) or not all(map(math.isfinite, logprobs)):
        raise ValueError(f"{len(ids)} ids, {len(logprobs)} log-probabilities, or one that is no number")
    return Sampled(ids, logprobs, "length" if choice["finish_reason"] == "length" else "stop")
