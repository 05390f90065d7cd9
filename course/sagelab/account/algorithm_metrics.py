"""The metric definitions that AWS gives to jobs of its built-in algorithms; they read the container's log."""

from .control import Record

XGBOOST = [
    "accuracy",
    "auc",
    "aucpr",
    "balanced_accuracy",
    "f1",
    "map",
    "ndcg",
    "precision",
    "r2",
    "recall",
    "aft-nloglik",
    "cox-nloglik",
    "error",
    "logloss",
    "mae",
    "mape",
    "merror",
    "mlogloss",
    "mse",
    "poisson-nloglik",
    "rmse",
    "rmsle",
    "tweedie-nloglik",
]
NUMBER = r"([-+]?[0-9]*\.?[0-9]+(?:[eE][-+]?[0-9]+)?)"
LINEAR = {  # metric: what stands in the log
    "objective_loss:final": r"\S+_objective <loss>",
    "mse": "mse <loss>",
    "absolute_loss": "absolute_loss <loss>",
    "binary_classification_accuracy": "binary_classification_accuracy <score>",
    "binary_f_beta": r"binary_f_\S+ <score>",
    "precision": "precision <score>",
    "recall": "recall <score>",
    "multiclass_accuracy": "multiclass_accuracy <score>",
    "multiclass_top_k_accuracy": r"multiclass_top_k_accuracy_\S+ <score>",
    "macro_recall": "macro_recall <score>",
    "macro_precision": "macro_precision <score>",
    "macro_f_beta": r"macro_f_\S+ <score>",
}


def definitions(image_name: str) -> list[Record]:
    """The MetricDefinitions of an algorithm."""
    if image_name == "xgboost":
        return [
            {"Name": f"{of}:{name}", "Regex": rf".*\[[0-9]+\].*#011{of}-{name}:{NUMBER}.*"}
            for of in ("train", "validation")
            for name in XGBOOST
        ]
    found = [
        {"Name": "train:progress", "Regex": r"#progress_metric: host=\S+, completed (\S+) %"},
        {
            "Name": "train:throughput",
            "Regex": r"#throughput_metric: host=\S+, train throughput=(\S+) records/second",
        },
    ]
    for of in ("train", "validation", "test"):
        if of != "test":
            regex = rf"#quality_metric: host=\S+, epoch=\S+, {of} \S+_objective <loss>=(\S+)"
            found.append({"Name": f"{of}:objective_loss", "Regex": regex})
        for name, said in LINEAR.items():
            shown = name.removesuffix(":final") if of == "test" else name
            found.append({"Name": f"{of}:{shown}", "Regex": rf"#quality_metric: host=\S+, {of} {said}=(\S+)"})
    return found
