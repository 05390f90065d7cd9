"""Puts inference code into a model archive: what a RepackModel step of the SDK's ModelStep does on AWS.

The SDK sends a script along that names folders below /opt/ml; this stand-in takes them from the environment of its
training job. The hyperparameters are the SDK's: inference_script, model_archive, dependencies, source_dir.
"""

import json
import os
import shutil
import tarfile
from collections.abc import Mapping, Sequence
from pathlib import Path

OWN = "_repack_*"  # the SDK's script, which is not the model's code


def main(environment: Mapping[str, str], code: Path) -> None:
    """Unpack the archive, add the code, leave all of it as the job's model."""
    told = json.loads(environment["SM_HPS"])
    model = Path(environment["SM_MODEL_DIR"])
    archive = Path(environment["SM_CHANNEL_TRAINING"], told["model_archive"].rpartition("/")[2])
    with tarfile.open(archive) as tar:
        tar.extractall(model, filter="data")
    target = model / "code"
    if told.get("source_dir"):
        shutil.rmtree(target, ignore_errors=True)
        shutil.copytree(code, target, ignore=shutil.ignore_patterns(OWN))
    else:
        target.mkdir(exist_ok=True)
        shutil.copy2(code / told["inference_script"], target)
    add((told.get("dependencies") or "").split(), code, target / "lib")


def add(names: Sequence[str], code: Path, folder: Path) -> None:
    """Copy files that the code needs; a folder among them means all code: the SDK's upload has flattened it."""
    for name in names:
        if not (code / name).is_file():
            shutil.copytree(code, folder, ignore=shutil.ignore_patterns(OWN), dirs_exist_ok=True)
            return
        folder.mkdir(exist_ok=True)
        shutil.copy2(code / name, folder)


if __name__ == "__main__":
    main(os.environ, Path.cwd())
