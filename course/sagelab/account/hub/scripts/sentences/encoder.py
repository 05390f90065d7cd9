"""all-MiniLM-L6-v2 as an ONNX file: from sentences to vectors of 384 numbers and length 1."""

import hashlib
import json
import os
import re
import unicodedata
from pathlib import Path

import numpy as np
import onnxruntime

LONGEST, BATCH = 256, 16
PAD, UNKNOWN, CLS, SEP = "[PAD]", "[UNK]", "[CLS]", "[SEP]"
SPECIAL = re.compile(r"(\[(?:PAD|UNK|CLS|SEP|MASK)\])")
IDEOGRAPHS = (
    (0x4E00, 0x9FFF),
    (0x3400, 0x4DBF),
    (0x20000, 0x2A6DF),
    (0x2A700, 0x2B73F),
    (0x2B740, 0x2B81F),
    (0x2B920, 0x2CEAF),
    (0xF900, 0xFAFF),
    (0x2F800, 0x2FA1F),
)


class Tokenizer:
    """BERT's WordPiece for lower-case English, from the words of vocab.txt to their line numbers."""

    def __init__(self, vocabulary: Path) -> None:
        words = vocabulary.read_text(encoding="utf-8").splitlines()
        self._ids = {word: number for number, word in enumerate(words)}

    def encode(self, text: str) -> list[int]:
        """The ids of a text's pieces between [CLS] and [SEP], at most 256 in all."""
        pieces = [piece for part in SPECIAL.split(text) for piece in self._part(part)]
        return [self._ids[piece] for piece in [CLS, *pieces[: LONGEST - 2], SEP]]

    def _part(self, part: str) -> list[str]:
        if SPECIAL.fullmatch(part):
            return [part]
        return [piece for word in words(normalize(part)) for piece in self._pieces(word)]

    def _pieces(self, word: str) -> list[str]:
        """The longest known pieces from the left; [UNK] where that leads nowhere."""
        pieces: list[str] = []
        start = 0
        while start < len(word):
            prefix = "##" if start else ""
            ends = range(len(word), start, -1)
            end = next((end for end in ends if prefix + word[start:end] in self._ids), 0)
            if not end or len(word) > 100:
                return [UNKNOWN]
            pieces.append(prefix + word[start:end])
            start = end
        return pieces


def normalize(text: str) -> str:
    """Lower case without accents; controls gone, every white space a blank, ideographs apart."""
    clean = "".join(map(cleaned, text))
    bare = (letter for letter in unicodedata.normalize("NFD", clean) if unicodedata.category(letter) != "Mn")
    return "".join(bare).lower()


def cleaned(letter: str) -> str:
    """One character as BERT's tokenizer reads it."""
    if letter in "\t\n\r" or unicodedata.category(letter) == "Zs":
        return " "
    if letter in "\x00\ufffd" or unicodedata.category(letter) in ("Cc", "Cf", "Cn", "Co"):
        return ""
    if any(first <= ord(letter) <= last for first, last in IDEOGRAPHS):
        return f" {letter} "
    return letter


def words(text: str) -> list[str]:
    """Words and single punctuation marks."""
    spaced = "".join(f" {letter} " if is_punctuation(letter) else letter for letter in text)
    return spaced.split()


def is_punctuation(letter: str) -> bool:
    """Everything printable in ASCII that is no letter or digit, and what Unicode calls punctuation."""
    if letter.isascii():
        return not letter.isalnum() and not letter.isspace()
    return unicodedata.category(letter).startswith("P")


class Encoder:
    """The encoder in a folder with model.onnx and vocab.txt."""

    def __init__(self, folder: Path) -> None:
        check_weights(folder / "model.onnx")
        self._tokenizer = Tokenizer(folder / "vocab.txt")
        options = onnxruntime.SessionOptions()
        options.enable_cpu_mem_arena = False  # a third of the memory for a little time
        options.intra_op_num_threads = int(os.environ.get("OMP_NUM_THREADS", "1"))
        self._session = onnxruntime.InferenceSession(
            str(folder / "model.onnx"), options, providers=["CPUExecutionProvider"]
        )

    def embed(self, texts: list[str]) -> np.ndarray:
        """One row of 384 numbers a text; rows have length 1."""
        batches = [texts[start : start + BATCH] for start in range(0, len(texts), BATCH)]
        return np.concatenate([self._embed(batch) for batch in batches] or [np.empty((0, 384), np.float32)])

    def _embed(self, texts: list[str]) -> np.ndarray:
        ids = [self._tokenizer.encode(text) for text in texts]
        longest = max(map(len, ids))
        tokens = np.array([row + [0] * (longest - len(row)) for row in ids], np.int64)
        mask = np.array([[1] * len(row) + [0] * (longest - len(row)) for row in ids], np.int64)
        feeds = {"input_ids": tokens, "attention_mask": mask, "token_type_ids": np.zeros_like(tokens)}
        states = self._session.run(None, feeds)[0]
        weights = mask[..., None].astype(np.float32)
        means = (states * weights).sum(axis=1) / weights.sum(axis=1)
        return means / np.linalg.norm(means, axis=1, keepdims=True)


class Head:
    """What fine-tuning adds: a linear classifier on the vectors, kept in head.json."""

    def __init__(self, path: Path) -> None:
        kept = json.loads(path.read_text())
        self.labels: list[str] = kept["labels"]
        self._weights, self._bias = np.array(kept["weights"]), np.array(kept["bias"])

    def probabilities(self, vectors: np.ndarray) -> np.ndarray:
        """One row a vector, one column a label."""
        scores = vectors @ self._weights.T + self._bias
        if len(self._bias) == 1:  # two classes need one score
            scores = np.hstack([np.zeros_like(scores), scores])
        powers = np.exp(scores - scores.max(axis=1, keepdims=True))
        return powers / powers.sum(axis=1, keepdims=True)


def check_weights(path: Path) -> None:
    """Refuse weights that are not those that the hub's document promises."""
    promised = os.environ.get("MODEL_SHA256", "")
    found = hashlib.sha256(path.read_bytes()).hexdigest()
    if promised and found != promised:
        raise ValueError(
            f"The weights in {path.name} were changed: their sha256 is {found}, the hub's document says {promised}."
        )
