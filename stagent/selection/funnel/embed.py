"""Texts as vectors: character n-grams with an SVD, a model in a folder, or a model behind an endpoint.

N-grams are those of a wording's form or of what it says (``wording.py``); models get the text as it stands.
"""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

import numpy as np
from scipy.sparse import csr_matrix
from sklearn.decomposition import TruncatedSVD
from sklearn.feature_extraction.text import HashingVectorizer, TfidfTransformer

from utils import InputError

FEATURES, WIDTH = 2**16, 96  # of n-grams before and after the SVD
SHORTEST = 4  # characters; what differs between two shorter texts is lost in the SVD
_BATCH = 64
_LONGEST = 512  # tokens of a text that a model in a folder reads


class Embedder(Protocol):
    """Something that makes vectors of texts, of one at least."""

    def embed(self, texts: Sequence[str]) -> np.ndarray:
        """[n, d] of float32, of length 1 (0 for a text of which nothing is known)."""
        ...


class NgramEmbedder:
    """One to three characters, weighted by how rare they are, in the directions in which a pool differs most.

    Args:
        idf: [FEATURES]. components: [d, FEATURES].
    """

    def __init__(self, idf: np.ndarray, components: np.ndarray):
        self.idf, self.components = idf, components

    @classmethod
    def fitted(cls, texts: Sequence[str], seed: int) -> "NgramEmbedder":
        """Fitted to some of a pool's texts; one is enough."""
        counts = _counted(texts)
        weights = TfidfTransformer(sublinear_tf=True).fit(counts)
        seen = np.unique(counts.indices)
        svd = TruncatedSVD(min(WIDTH, len(texts), len(seen)), random_state=seed)
        with np.errstate(invalid="ignore"):  # of one text, the share of what differs is 0 / 0
            svd.fit(weights.transform(counts)[:, seen])
        components = np.zeros((len(svd.components_), FEATURES), np.float32)
        components[:, seen] = svd.components_
        return cls(weights.idf_.astype(np.float32), components)

    @classmethod
    def read(cls, path: Path) -> "NgramEmbedder":
        with np.load(path) as stored:
            return cls(stored["idf"], stored["components"])

    def embed(self, texts: Sequence[str]) -> np.ndarray:
        counts = _counted(texts)
        counts.data = (1 + np.log(counts.data)) * self.idf[counts.indices]
        vectors = unit(counts @ self.components.T)
        vectors[[len(text) < SHORTEST for text in texts]] = 0
        return vectors


class FolderEmbedder:
    """A transformer in a folder; the mean of its last states is a text's vector."""

    def __init__(self, folder: Path):
        """Raises InputError where there is none that can be read without running code of its own."""
        import torch
        from transformers import AutoModel, AutoTokenizer

        try:
            own = {"local_files_only": True, "trust_remote_code": False}
            self._tokenizer = AutoTokenizer.from_pretrained(folder, **own)
            self._model = AutoModel.from_pretrained(folder, dtype=torch.float32, use_safetensors=True, **own).eval()
        except (OSError, ValueError, KeyError, ImportError) as error:
            raise InputError(f"--embedder {folder}: can't be read ({str(error).splitlines()[0][:200]})") from None
        self._torch = torch
        if self._tokenizer.pad_token is None:
            self._tokenizer.pad_token = self._tokenizer.eos_token

    def embed(self, texts: Sequence[str]) -> np.ndarray:
        parts = []
        with self._torch.inference_mode():
            for start in range(0, len(texts), _BATCH):
                batch = self._tokenizer(
                    list(texts[start : start + _BATCH]),
                    padding=True,
                    truncation=True,
                    max_length=_LONGEST,
                    return_tensors="pt",
                )
                states = self._model(
                    input_ids=batch["input_ids"], attention_mask=batch["attention_mask"]
                ).last_hidden_state
                mask = batch["attention_mask"].unsqueeze(-1)
                parts.append(((states * mask).sum(1) / mask.sum(1)).numpy())
        return unit(np.concatenate(parts))


class EndpointEmbedder:
    """A model behind an OpenAI-compatible endpoint; the key is read from EMBEDDER_API_KEY and from nowhere else."""

    def __init__(self, url: str, model: str):
        """Raises InputError where the client is missing."""
        try:
            import openai
        except ImportError:
            raise InputError(
                "--embedder_url needs the openai package: pip install -r config/requirements/synthesis.txt"
            ) from None
        self._openai, self._url, self._model = openai, url, model
        local = "://localhost" in url or "://127." in url  # which a proxy of the environment can't reach
        self._client = openai.OpenAI(
            base_url=url.rstrip("/").removesuffix("/embeddings"),
            api_key=os.environ.get("EMBEDDER_API_KEY", "").strip() or "none",
            max_retries=5,
            timeout=120,
            http_client=openai.DefaultHttpxClient(trust_env=False) if local else None,
        )

    def embed(self, texts: Sequence[str]) -> np.ndarray:
        """Raises InputError where the endpoint fails for good, or answers something else."""
        found: list[list[float]] = []
        for start in range(0, len(texts), _BATCH):
            batch = list(texts[start : start + _BATCH])
            try:
                answer = self._client.embeddings.create(model=self._model, input=batch, encoding_format="float")
                by_place = {one.index: one.embedding for one in answer.data}
                found += [by_place[place] for place in range(len(batch))]
            except (KeyError, TypeError, AttributeError):
                raise InputError(f"--embedder_url {self._url}: the answer isn't a vector a text") from None
            except self._openai.OpenAIError as error:
                what = f"{type(error).__name__}{self._status(error)}"
                raise InputError(
                    f"--embedder_url {self._url}: {what}; set it right and run again: what is done is kept"
                ) from None
        try:
            return unit(np.array(found, np.float32).reshape(len(texts), -1))
        except ValueError:
            raise InputError(f"--embedder_url {self._url}: vectors of different lengths") from None

    def _status(self, error: Exception) -> str:
        return f" {error.status_code}" if isinstance(error, self._openai.APIStatusError) else ""


def unit(vectors: np.ndarray) -> np.ndarray:
    """Rows of length 1; a row of zeros stays."""
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    return (vectors / np.maximum(lengths, 1e-12)).astype(np.float32)


def _counted(texts: Sequence[str]) -> csr_matrix:
    """[n, FEATURES] how often each n-gram stands in each text."""
    vectorizer = HashingVectorizer(
        analyzer="char",
        ngram_range=(1, 3),
        n_features=FEATURES,
        norm=None,
        alternate_sign=False,
        lowercase=False,
        dtype=np.float32,
    )
    return vectorizer.transform(texts)
