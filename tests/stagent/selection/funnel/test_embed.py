"""Three ways from texts to vectors."""

import json
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import numpy as np
import pytest

from stagent.selection.funnel.embed import WIDTH, EndpointEmbedder, FolderEmbedder, NgramEmbedder
from tests.stagent.selection.funnel.conftest import TEXTS
from utils import InputError


def test_ngrams_are_near_where_texts_are():
    embedder = NgramEmbedder.fitted(TEXTS * 30, seed=0)
    vectors = embedder.embed(TEXTS)
    assert vectors.dtype == np.float32
    assert np.linalg.norm(vectors, axis=1) == pytest.approx([1, 1, 1, 1, 0], abs=1e-5)  # one character tells nothing
    assert vectors[0] @ vectors[1] > 0.5 > vectors[0] @ vectors[2]
    assert (NgramEmbedder.fitted(TEXTS * 30, seed=0).embed(TEXTS) == vectors).all()


def test_ngrams_of_one_text_and_of_many(tmp_path):
    one = NgramEmbedder.fitted(["附近最近的药店"], seed=0)
    assert one.embed(["附近最近的药店"]).shape == (1, 1)
    many = NgramEmbedder.fitted([f"附近{chr(0x4E00 + number)}{chr(0x5E00 + number)}" for number in range(WIDTH + 9)], 0)
    assert many.embed(TEXTS).shape == (len(TEXTS), WIDTH)


def test_a_model_in_a_folder_gives_means_of_its_states(model_folder):
    import torch
    from transformers import AutoModel, AutoTokenizer

    vectors = FolderEmbedder(model_folder).embed(TEXTS)
    tokenizer, model = AutoTokenizer.from_pretrained(model_folder), AutoModel.from_pretrained(model_folder)
    for text, vector in zip(TEXTS, vectors, strict=True):
        ids = tokenizer(text, return_tensors="pt")["input_ids"]
        assert ids.shape == (1, len(text))
        with torch.inference_mode():
            mean = model(ids).last_hidden_state[0].mean(0)
        assert vector == pytest.approx((mean / mean.norm()).float().numpy(), abs=1e-4)


def test_a_folder_that_is_none(tmp_path):
    (tmp_path / "config.json").write_text('{"auto_map": {"AutoModel": "evil.Model"}, "model_type": "evil"}')
    (tmp_path / "evil.py").write_text("raise SystemExit('ran')")
    with pytest.raises(InputError, match="can't be read"):
        FolderEmbedder(tmp_path)


@pytest.fixture
def endpoint(monkeypatch):
    """A server whose answer each test sets; keeps what it was asked."""
    monkeypatch.setenv("EMBEDDER_API_KEY", "secret-key-of-the-test")
    asked = []

    class EmbeddingsHandler(BaseHTTPRequestHandler):
        answer = staticmethod(lambda texts: [[len(text), 1.0] for text in texts])
        status = 200

        def do_POST(self):
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            asked.append((self.path, self.headers["Authorization"], body))
            data = [
                {"object": "embedding", "index": place, "embedding": vector}
                for place, vector in enumerate(self.answer(body["input"]))
            ]
            answer = json.dumps({"object": "list", "model": body["model"], "data": data[::-1]}).encode()
            self.send_response(self.status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *_):
            pass

    server = HTTPServer(("127.0.0.1", 0), EmbeddingsHandler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/v1", EmbeddingsHandler, asked
    server.shutdown()
    server.server_close()


def test_an_endpoint_is_asked_in_batches_and_read_by_index(endpoint):
    url, _, asked = endpoint
    texts = ["药" * (number % 7 + 1) for number in range(100)]
    vectors = EndpointEmbedder(url, "embedding").embed(texts)
    assert vectors.shape == (100, 2) and vectors[3] == pytest.approx(np.array([4, 1]) / np.sqrt(17))
    assert [len(body["input"]) for _, _, body in asked] == [64, 36]
    assert asked[0][:2] == ("/v1/embeddings", "Bearer secret-key-of-the-test") and asked[0][2]["model"] == "embedding"


@pytest.mark.parametrize(
    ("answer", "status", "said"),
    [
        (lambda texts: [[1.0]] * (len(texts) - 1), 200, "isn't a vector a text"),
        (lambda texts: [[1.0]] + [[1.0, 2.0]] * (len(texts) - 1), 200, "vectors of different lengths"),
        (lambda texts: [[1.0]] * len(texts), 401, "AuthenticationError 401"),
    ],
)
def test_an_endpoint_that_fails_is_named_without_its_key(endpoint, answer, status, said):
    url, handler, _ = endpoint
    handler.answer, handler.status = staticmethod(answer), status
    with pytest.raises(InputError, match=said) as error:
        EndpointEmbedder(url, "embedding").embed(TEXTS)
    assert "secret" not in str(error.value)
