"""The metrics of each problem type; for the account and for the scripts that it hands to its jobs."""

REGRESSION, BINARY, MULTICLASS = "Regression", "BinaryClassification", "MulticlassClassification"
METRICS = {
    BINARY: ("Accuracy", "BalancedAccuracy", "F1", "Precision", "Recall", "AUC", "LogLoss"),
    MULTICLASS: ("Accuracy", "BalancedAccuracy", "F1macro", "PrecisionMacro", "RecallMacro", "LogLoss"),
    REGRESSION: ("MSE", "RMSE", "MAE", "R2"),
}
SMALLER_IS_BETTER = ("MSE", "RMSE", "MAE", "LogLoss")
