"""The notebooks that an AutoML job writes: what it found in the data, and how its candidates are made.

They are plain nbformat 4.5, need boto3 and pandas only, and run against the account that made them.
"""

import json
from typing import Any

Notebook = dict[str, Any]


def data_exploration(analysis: dict[str, Any], config: dict[str, Any]) -> Notebook:
    """Target, columns, missing values; and cells that look further."""
    target, columns = analysis["target"], analysis["columns"]
    rows = [
        [c["name"], c["type"], c["why"], f"{100 * c['missing']:.1f} %", c["different"], c["typical"]]
        for c in columns
    ]
    statistics = [[name, value] for name, value in analysis["target_statistics"].items()]
    return notebook(
        f"# Data exploration: {config['job_name']}\n\n"
        f"The dataset has {analysis['rows']} rows with a value in the target column `{target}`, and {len(columns)} "
        f"other columns. {analysis['rows_without_target']} rows without a target were left out.",
        "## Target\n\n"
        f"The problem is a **{analysis['problem_type']}**; candidates are ranked by **{analysis['objective']}**.\n\n"
        + table(["value", "rows"] if analysis["labels"] else ["statistic", "value"], statistics),
        "## Columns\n\nDropped columns say nothing: they are empty, constant, or an identifier.\n\n"
        + table(["column", "type", "because", "missing", "different values", "typical value"], rows),
        "## Look further\n\nThe next cell reads the rows that the candidates are trained on.",
        [
            "import io\n\nimport boto3\nimport pandas as pd\n",
            *reading(f"{config['data_uri']}/train/train.csv"),
            "train.head()",
        ],
        [f'train["{target}"].describe()'],
        ['train.select_dtypes("number").corr(numeric_only=True).round(2)'],
    )


def candidate_definition(analysis: dict[str, Any], config: dict[str, Any]) -> Notebook:
    """The feature pipelines and algorithms, as a tuning job that the reader can change and start."""
    request = json.dumps(config["tuning_request"], indent=4)
    plan = [
        [d["DefinitionName"], ", ".join(ranges_of(d))]
        for d in config["tuning_request"]["TrainingJobDefinitions"]
    ]
    return notebook(
        f"# Candidate definitions: {config['job_name']}\n\n"
        f"The job predicts `{analysis['target']}` ({analysis['problem_type']}) and ranks by {analysis['objective']}. "
        "Each candidate is a feature pipeline and an algorithm with hyperparameters. This notebook starts the same "
        "search again; change it as you like.",
        "## Feature pipelines\n\n"
        "`dpp0` fills missing numbers with the median and scales them; `dpp1` gives numbers a normal distribution and "
        "marks what was missing. Both one-hot encode categories and count words of texts. The code is "
        f"`automl_model.py` in `{config['code_uri']}`.",
        "## Algorithms\n\n" + table(["algorithm", "tuned hyperparameters"], plan),
        "## The search",
        [f"import json\n\nrequest = json.loads('''\n{request}\n''')"],
        [
            "import time\n\nimport boto3\n\n",
            'sagemaker = boto3.client("sagemaker")\n',
            'name = f"again-{int(time.time())}"\n',
            'sagemaker.create_hyper_parameter_tuning_job(**{**request, "HyperParameterTuningJobName": name})\n',
        ],
        [
            "while True:\n",
            "    job = sagemaker.describe_hyper_parameter_tuning_job(HyperParameterTuningJobName=name)\n",
            '    if job["HyperParameterTuningJobStatus"] not in ("InProgress", "Stopping"):\n',
            "        break\n",
            "    time.sleep(1)\n",
            'job["HyperParameterTuningJobStatus"], job.get("BestTrainingJob")',
        ],
    )


def ranges_of(definition: dict[str, Any]) -> list[str]:
    """The names of what is tuned."""
    return [each["Name"] for ranges in definition["HyperParameterRanges"].values() for each in ranges]


def reading(uri: str) -> list[str]:
    """Code that reads a CSV from S3."""
    bucket, _, key = uri.removeprefix("s3://").partition("/")
    return [
        f'\nbody = boto3.client("s3").get_object(Bucket="{bucket}", Key="{key}")["Body"].read()\n',
        "train = pd.read_csv(io.BytesIO(body))\n",
    ]


def notebook(*cells: str | list[str]) -> Notebook:
    """A notebook: a text is a markdown cell, a list of texts a code cell."""
    made: list[dict[str, Any]] = [
        {"cell_type": "markdown", "id": f"cell-{number}", "metadata": {}, "source": cell}
        if isinstance(cell, str)
        else {
            "cell_type": "code",
            "id": f"cell-{number}",
            "metadata": {},
            "source": "".join(cell),
            "outputs": [],
            "execution_count": None,
        }
        for number, cell in enumerate(cells, start=1)
    ]
    kernel = {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}
    metadata = {"kernelspec": kernel, "language_info": {"name": "python"}}
    return {"cells": made, "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}


def table(header: list[str], rows: list[list[Any]]) -> str:
    """A table in Markdown."""
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join(
        "| " + " | ".join(str(cell).replace("|", "\\|") for cell in line) + " |" for line in lines
    )
