"""Serves the sentence encoder; once it was fine-tuned, the classifier on top of it.

application/json {"text_inputs": [...]}                -> {"embedding": [[...], ...]}
application/json {"queries": [...], "corpus": [...]}   -> the top_k nearest texts of the corpus for each query
application/x-text                                      -> the same for one text
"""

import json
from pathlib import Path

import numpy as np
from encoder import Encoder, Head


class BadRequest(ValueError):
    status_code = 400


class Model:
    def __init__(self, folder: Path) -> None:
        self.encoder = Encoder(folder)
        self.head = Head(folder / "head.json") if (folder / "head.json").exists() else None

    def answer(self, request: dict) -> object:
        if "queries" in request:
            return self.nearest(request)
        texts = request.get("text_inputs")
        if isinstance(texts, str):
            return {name: rows[0] for name, rows in self.read([texts]).items()}
        return self.read(strings(texts, "text_inputs"))

    def read(self, texts: list[str]) -> dict[str, list]:
        vectors = self.encoder.embed(texts)
        if self.head is None:
            return {"embedding": vectors.tolist()}
        chances = self.head.probabilities(vectors)
        labels = [self.head.labels[best] for best in chances.argmax(axis=1)]
        return {
            "probabilities": chances.tolist(),
            "labels": [self.head.labels] * len(texts),
            "predicted_label": labels,
        }

    def nearest(self, request: dict) -> list[list[dict]]:
        corpus = self.encoder.embed(strings(request.get("corpus"), "corpus"))
        scores = self.encoder.embed(strings(request["queries"], "queries")) @ corpus.T
        best = np.argsort(-scores, axis=1)[:, : int(request.get("top_k", 3))]
        return [
            [{"corpus_id": int(i), "score": float(row[i])} for i in order]
            for row, order in zip(scores, best, strict=True)
        ]


def strings(value: object, name: str) -> list[str]:
    if not isinstance(value, list) or not value or not all(isinstance(text, str) for text in value):
        raise BadRequest(f"{name} must be a text or a list of texts that is not empty.")
    return value


def model_fn(model_dir: str) -> Model:
    return Model(Path(model_dir))


def transform_fn(model: Model, body: str | bytes, content_type: str, _accept: str) -> tuple[str, str]:
    kind = content_type.partition(";")[0].strip()
    text = body.decode() if isinstance(body, bytes) else body
    if kind not in ("application/json", "application/x-text"):
        raise BadRequest(f"Send application/json or application/x-text, not {content_type}.")
    try:
        request = json.loads(text)
    except ValueError:
        if kind == "application/json":
            raise BadRequest("The body is not JSON.") from None
        request = text
    if isinstance(request, dict):
        return json.dumps(model.answer(request)), "application/json"
    return json.dumps(model.answer({"text_inputs": request})), "application/json"
