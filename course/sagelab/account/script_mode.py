"""What a framework container gives to a training script: the /opt/ml folder, its config files, SM_* variables.

The variables are those of AWS's sagemaker-training toolkit 5.1.4 (Environment.to_env_vars), which the tests hold
as stored golden values. The one difference: /opt/ml is a folder of the job.
"""

import json
import os
import re
import shlex
import sys
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from .cluster import SINGLE, resource_config
from .execute import localize
from .training_folder import TrainingFolder

SAFE_PROGRAM = re.compile(r"(?!-)(?!.*(^|/)\.\.?(/|$))[\w.+-][\w.+/-]*")
MASTER_PORT = 7777  # where hosts meet, in AWS's newer container driver
OWN_PARAMETERS = (  # the toolkit's params.SAGEMAKER_HYPERPARAMETERS: settings of the container, not of the script
    "sagemaker_program",
    "sagemaker_submit_directory",
    "sagemaker_enable_cloudwatch_metrics",
    "sagemaker_region",
    "sagemaker_container_log_level",
    "sagemaker_job_name",
    "default_user_module_name",
    "_tuning_objective_metric",
    "sagemaker_s3_output",
)
DISTRIBUTIONS = (
    "sagemaker_mpi_enabled",
    "sagemaker_parameter_server_enabled",
    "sagemaker_distributed_dataparallel_enabled",
    "sagemaker_pytorch_ddp_enabled",
    "sagemaker_pytorch_xla_multi_worker_enabled",
    "sagemaker_multi_worker_mirrored_strategy_enabled",
    "sagemaker_torch_distributed_enabled",
)


@dataclass(frozen=True)
class ScriptMode:
    """One training job as its container sees it."""

    folder: TrainingFolder
    job_name: str
    hyperparameters: dict[str, str]
    channels: dict[str, dict[str, Any]] = field(default_factory=dict)  # as in CreateTrainingJob, by name
    resources: dict[str, Any] = field(default_factory=lambda: resource_config(SINGLE, SINGLE[0]))
    training_module: str = ""

    @cached_property
    def parameters(self) -> dict[str, Any]:
        """All hyperparameters, JSON values read, /opt/ml led to the job's folder."""
        return {name: parse(localize(text, self.folder.ml)) for name, text in self.hyperparameters.items()}

    @property
    def script_parameters(self) -> dict[str, Any]:
        """The hyperparameters that are meant for the script."""
        return {name: value for name, value in self.parameters.items() if not is_own(name)}

    @property
    def framework_parameters(self) -> dict[str, Any]:
        """The sagemaker_ hyperparameters that the toolkit does not know itself."""
        return {
            name: value
            for name, value in self.parameters.items()
            if is_own(name) and name not in OWN_PARAMETERS
        }

    @property
    def program(self) -> str:
        """The script's name, empty where none is given."""
        return str(self.parameters.get("sagemaker_program") or "")

    @property
    def source(self) -> str:
        """Where the script's archive is, or the code folder."""
        return str(self.parameters.get("sagemaker_submit_directory", self.folder.code))

    @property
    def arguments(self) -> list[str]:
        """The script's command line arguments, in the toolkit's order and form."""
        words: list[str] = []
        for name, value in sorted(self.script_parameters.items()):
            words += [f"--{name}" if len(name) > 1 else f"-{name}", as_argument(value)]
        return words

    @property
    def command(self) -> list[str]:
        """The command that starts the script, in the code folder."""
        if (self.folder.code / "setup.py").exists():
            return [sys.executable, "-m", self.program.removesuffix(".py"), *self.arguments]
        if self.program.endswith(".py"):
            return [sys.executable, self.program, *self.arguments]
        return ["/bin/sh", "-c", f"./{shlex.quote(self.program)} {shlex.join(self.arguments)}"]

    @property
    def input_data_config(self) -> dict[str, dict[str, str]]:
        """What inputdataconfig.json holds."""
        return {name: channel_config(channel) for name, channel in self.channels.items()}

    def write_config(self) -> None:
        """Write hyperparameters.json (all values are strings), inputdataconfig.json and resourceconfig.json."""
        texts = {name: localize(text, self.folder.ml) for name, text in self.hyperparameters.items()}
        for name, content in (
            ("hyperparameters", texts),
            ("inputdataconfig", self.input_data_config),
            ("resourceconfig", self.resources),
        ):
            (self.folder.config / f"{name}.json").write_text(json.dumps(content))

    def variables(self) -> dict[str, str]:
        """Every SM_* variable."""
        values = {**self._places(), **self._machines(), **self._script()}
        values["training_env"] = self._training_env(values)
        values |= {f"channel_{name}": self.folder.data / name for name in self.channels}
        values |= {f"hp_{name}": value for name, value in self.script_parameters.items()}
        return {f"SM_{name.upper()}": as_variable(value) for name, value in values.items()}

    def _places(self) -> dict[str, Any]:
        output = self.folder.ml / "output"
        return {
            "model_dir": self.folder.model,
            "input_dir": self.folder.ml / "input",
            "input_config_dir": self.folder.config,
            "output_dir": output,
            "output_data_dir": self.folder.output_data,
            "output_intermediate_dir": output / "intermediate",
        }

    def rendezvous(self) -> dict[str, str]:
        """Where several machines meet, under the names of AWS's newer container driver and of torch."""
        hosts = self.resources["hosts"]
        if len(hosts) == 1:
            return {}
        master, port = hosts[0], str(MASTER_PORT)
        return {
            "SM_HOST_COUNT": str(len(hosts)),
            "SM_CURRENT_HOST_RANK": str(hosts.index(self.resources["current_host"])),
            "SM_MASTER_ADDR": master,
            "SM_MASTER_PORT": port,
            "MASTER_ADDR": master,
            "MASTER_PORT": port,
        }

    def _machines(self) -> dict[str, Any]:
        groups = {group["instance_group_name"]: group for group in self.resources["instance_groups"]}
        own = self.resources["current_group_name"]
        distributed = any(self.framework_parameters.get(name) for name in DISTRIBUTIONS)
        return {
            "hosts": self.resources["hosts"],
            "current_host": self.resources["current_host"],
            "current_instance_type": self.resources["current_instance_type"],
            "current_instance_group": own,
            "current_instance_group_hosts": groups[own]["hosts"],
            "instance_groups": list(groups),
            "instance_groups_dict": groups,
            "distribution_instance_groups": [own] if distributed else [],
            "is_hetero": len(groups) > 1,
            "network_interface_name": "eth0",
            "resource_config": self.resources,
            "num_cpus": os.cpu_count() or 1,
            "num_gpus": 0,
            "num_neurons": 0,
        }

    def _script(self) -> dict[str, Any]:
        return {
            "hps": self.script_parameters,
            "user_args": self.arguments,
            "user_entry_point": self.program,
            "module_name": self.program.removesuffix(".py"),
            "module_dir": self.source,
            "framework_module": self.training_module,
            "framework_params": self.framework_parameters,
            "input_data_config": self.input_data_config,
            "channels": sorted(self.channels),
            "log_level": self.parameters.get("sagemaker_container_log_level", 20),
        }

    def _training_env(self, values: dict[str, Any]) -> dict[str, Any]:
        """The one variable that repeats the others under the toolkit's attribute names."""
        renamed = {"hps", "framework_params", "channels", "user_args"}
        distribution_hosts = (
            values["current_instance_group_hosts"] if values["distribution_instance_groups"] else []
        )
        master = [*distribution_hosts, *values["hosts"]][0]
        return {
            **{name: value for name, value in values.items() if name not in renamed},
            "hyperparameters": values["hps"],
            "additional_framework_parameters": values["framework_params"],
            "channel_input_dirs": {name: self.folder.data / name for name in self.channels},
            "distribution_hosts": distribution_hosts,
            "is_master": values["current_host"] == master,
            "master_hostname": master,
            "is_modelparallel_enabled": None,
            "is_smddprun_installed": False,
            "is_smddpmprun_installed": False,
            "job_name": self.job_name,
            "topology": [],
        }


def is_own(name: str) -> bool:
    """Is this hyperparameter one of the container's, not of the script's?"""
    return name.startswith("sagemaker_") or name in OWN_PARAMETERS


def parse(text: str) -> Any:
    """A hyperparameter's value: JSON where it is JSON, else the text."""
    try:
        return json.loads(text)
    except ValueError:
        return text


def as_argument(value: Any) -> str:
    """A value as the toolkit writes it on a command line."""
    if value is None:
        return ""
    if isinstance(value, dict):
        return ",".join(f"{key}={inner}" for key, inner in sorted(value.items()))
    return str(value)


def as_variable(value: Any) -> str:
    """A value as the toolkit writes it into an environment variable."""
    if value is None:
        return ""
    if isinstance(value, str | Path):
        return str(value)
    return json.dumps(value, sort_keys=True, separators=(",", ":"), default=str)


def channel_config(channel: dict[str, Any]) -> dict[str, str]:
    """A channel's entry in inputdataconfig.json."""
    source = channel.get("DataSource", {}).get("S3DataSource", {})
    content = {"ContentType": channel["ContentType"]} if "ContentType" in channel else {}
    return content | {
        "TrainingInputMode": channel.get("InputMode", "File"),
        "S3DistributionType": source.get("S3DataDistributionType", "FullyReplicated"),
        "RecordWrapperType": channel.get("RecordWrapperType", "None"),
    }
