"""Turns a model into ONNX: `python -m sagelab.account.edge.convert FOLDER FILE COLUMNS`.

FOLDER holds one .joblib or .pkl file of a scikit-learn model, or one .onnx file. The last line of output says what is
wrong where the exit code is not 0.
"""

import shutil
import sys
from pathlib import Path
from typing import Any


def main(folder: str, target: str, columns: str) -> None:
    """Convert the one model below a folder."""
    found = [path for path in Path(folder).rglob("*") if path.suffix in (".joblib", ".pkl", ".onnx")]
    if len(found) != 1:
        sys.exit(f"The archive must hold one model file (.joblib, .pkl or .onnx); it has {len(found)}.")
    if found[0].suffix == ".onnx":
        shutil.copy(found[0], target)
        return
    Path(target).write_bytes(from_sklearn(found[0], int(columns)))


def from_sklearn(path: Path, columns: int) -> bytes:
    """The model in a joblib file as ONNX with one input of 32-bit floats, checked against the original."""
    import joblib
    import numpy as np
    import onnxruntime
    from skl2onnx import to_onnx
    from skl2onnx.common.data_types import FloatTensorType

    model: Any = joblib.load(path)
    width = getattr(model, "n_features_in_", None)
    if width is None:
        sys.exit(f"{path.name} holds a {type(model).__name__}, which is no fitted scikit-learn model.")
    if columns not in (0, width):
        sys.exit(f"DataInputConfig says {columns} columns, the model was fitted on {width}.")
    options = {id(model): {"zipmap": False}} if hasattr(model, "predict_proba") else None
    converted = to_onnx(
        model, initial_types=[("input", FloatTensorType([None, width]))], options=options
    ).SerializeToString()
    rows = np.random.default_rng(0).normal(size=(16, width)).astype(np.float32)
    session = onnxruntime.InferenceSession(converted, providers=["CPUExecutionProvider"])
    answered = np.asarray(session.run(None, {"input": rows})[0]).ravel()
    expected = np.asarray(model.predict(rows)).ravel()
    same = (
        answered == expected
        if expected.dtype.kind in "OUSib"
        else np.isclose(answered, expected, rtol=1e-3, atol=1e-4)
    )
    print(f"{np.mean(same):.0%} of 16 random rows give the same answer as scikit-learn", flush=True)  # noqa: T201 - the job's log
    if np.mean(same) < 0.9:
        sys.exit("The converted model does not answer as the original does.")
    return bytes(converted)


if __name__ == "__main__":
    main(*sys.argv[1:])
