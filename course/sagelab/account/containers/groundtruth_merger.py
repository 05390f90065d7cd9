"""The stand-in of sagemaker-model-monitor-groundtruth-merger: joins captures with the labels that arrived later.

Reads `dataset_source` (captures) and `ground_truth_source`, writes the merged records below `output_path` under the
same hour folders. A capture without a label is left out: it cannot be judged yet.
"""

import json
from pathlib import Path

from sagelab.errors import SagelabError

from .captured import labels_by_id, merge, read_events
from .job import Job, run
from .table import files_under, read_json_lines


def main(job: Job) -> str:
    """Merge file by file."""
    source, output = job.folder("dataset_source"), Path(job.setting("output_path"))
    labels = labels_by_id(read_json_lines(files_under(job.folder("ground_truth_source"))))
    captured = merged = 0
    for path in files_under(source):
        events = read_events([path], job.environment)
        found = merge(events, labels)
        captured, merged = captured + len(events), merged + len(found)
        if found:
            target = output / path.relative_to(source)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text("".join(json.dumps(event) + "\n" for event in found), encoding="utf-8")
    if not merged:
        raise SagelabError(
            f"None of {captured} captured events has a ground truth label: {len(labels)} labels were found, but "
            "no eventId of theirs equals an inferenceId (or, where none was sent, an eventId) of the captures."
        )
    return f"Completed: merged {merged} of {captured} captured events with {len(labels)} ground truth labels."


if __name__ == "__main__":
    run(main)
