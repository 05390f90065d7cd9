# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
#   sagelab:
#     minutes: 45
#     summary: "Watch a deployed model through five months of real clients: four monitors, labels that come late, and who is told."
#     status: "closed to new customers; existing customers can continue"
#     checked: "2026-11-22"
# ---

# %% [markdown]
# # Model Monitor
#
# **After this lesson you can**
# - *set up* the four monitors of a deployed model, from data capture to alarm, and read every file that they write;
# - *choose* a drift threshold and defend it with data;
# - *diagnose* an execution that failed, and say who must be told what.
#
# | This lesson | What to know |
# |---|---|
# | Time | 45 minutes, and a quiz of 15 more |
# | You need | a little pandas; no AWS account |
# | Status today | **Closed to new customers**; existing customers can continue (AWS, [availability change](https://docs.aws.amazon.com/sagemaker/latest/dg/model-monitor-availability-change.html), checked 2026-11-22). To new customers AWS shows open-source samples built on MLflow and Evidently, with EventBridge, SNS and CloudWatch. They ask the same questions and do the same arithmetic, so what you do here carries over. |
# | On AWS this lab needs | an account that already uses Model Monitor, a role, a bucket, an endpoint for some hours, one training job and about 15 processing jobs: all of them cost money |
# | Here it is free | a local account on this machine answers the same boto3 calls, and really trains, serves, captures and compares |
# | Out of scope | batch transform, text and images, a monitoring container of your own, the retraining itself |

# %% [markdown]
# ## A model that nobody watches
#
# A lender scores its card clients once a month.
# The score is the probability that a client **will not pay in October**; above 0.3 the collections team calls.
# The model was trained on the picture of **April** and has been in use ever since.
#
# It reads seven numbers: credit limit, age, education and marital status, and three that change from month to month,
# the repayment status (a code), the bill and the amount paid.
# The clients are real: 30,000 of them, April to September 2005
# ([UCI, Yeh and Lien 2009](https://archive.ics.uci.edu/dataset/350/default+of+credit+card+clients), CC BY 4.0).
# Nothing was added to make this lesson work.

# %%
import json
import math
from datetime import timedelta

import numpy as np
import pandas as pd
import sagelab

pd.set_option("display.max_colwidth", None)
lab = sagelab.lab("model_monitor")
lab

# %% [markdown]
# The lender's file counts backwards: column 1 is September, column 6 is April.
# `picture` gives what the lender knew about some clients in one month.

# %%
MONTHS = {"April": 6, "May": 5, "June": 4, "July": 3, "August": 2, "September": 1}
FEATURES = ["limit_bal", "age", "education", "marriage", "pay_status", "bill", "paid"]


def picture(clients, month):
    """One row a client, seven whole numbers."""
    n = MONTHS[month]
    monthly = [f"PAY_{n if n > 1 else 0}", f"BILL_AMT{n}", f"PAY_AMT{n}"]
    columns = ["LIMIT_BAL", "AGE", "EDUCATION", "MARRIAGE", *monthly]
    return clients[columns].astype(int).set_axis(FEATURES, axis=1)


# %% [markdown]
# We shuffle the clients with a fixed seed and part them: 20,000 to learn from, 400 whom we follow, the rest held out.

# %%
clients = lab.table("credit_clients").set_index("ID").sample(frac=1, random_state=55)
trained, watched, held_out = clients[:20_000], clients[20_000:20_400], clients[20_400:]
picture(watched, "April").head(3)

# %% [markdown]
# Two things happen to these clients between April and September. One is slow: the mean bill climbs every month.

# %%
everyone = {month: picture(clients, month)["bill"].mean() for month in MONTHS}
ours = {month: picture(watched, month)["bill"].mean() for month in MONTHS}
pd.DataFrame({"all 30,000": everyone, "our 400": ours}).round().T

# %% [markdown]
# The other is sudden, and we do not look at it yet. The monitor shall find it.
#
# **Predict.** By September the mean bill is up by almost a third. A monitor with AWS's default threshold looks at every month.
# In which month will it first report the bill? Write your guess down.

# %% [markdown]
# ## How the pieces fit
#
# ```mermaid
# flowchart TB
#     C[Client application] -->|request with an InferenceId| E[Endpoint]
#     E -->|data capture| S[(Captures, one folder an hour)]
#     T[(Clients of April)] --> B[Baseline job]
#     B --> K[(statistics.json and constraints.json)]
#     L[(Labels, months later)]
#     S --> X[Monitoring execution, started by a schedule]
#     K --> X
#     L -->|merged by id| X
#     X --> V[(constraint_violations.json)]
#     X --> M[CloudWatch metric] --> A[Alarm] --> P[A person decides]
# ```
#
# In words: the endpoint writes down what it is asked and what it answers. A **baseline** says what normal is.
# A **schedule** starts an **execution** again and again, which compares the newest captures with the baseline,
# writes violations and publishes metrics. The rest, from the alarm on, is yours to build.
#
# There are four types of monitors. They differ in what they compare:
#
# | `MonitoringType` | compares with the baseline | needs labels from you |
# |---|---|---|
# | `DataQuality` | the columns of requests and answers | no |
# | `ModelQuality` | predictions with what really happened | **yes** |
# | `ModelBias` | how groups of clients are treated | **yes** |
# | `ModelExplainability` | which features drive the scores | no |

# %% [markdown]
# ## Train and serve, with capture on
#
# The training job is an ordinary one. First its two inputs: April's picture with the label, 1 for a client who did not pay in October.

# %%
def labeled(some):
    """April's picture and the label."""
    return picture(some, "April").assign(default=some["default"])


def channel(name, uri):
    """One input of a training job."""
    source = {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": uri}}
    return {"ChannelName": name, "DataSource": source, "ContentType": "text/csv"}


# %% [markdown]
# `train.py` and `inference.py` lie beside this lesson (`print(lab.script("train.py"))` shows one). We pack both for the job and the endpoint.

# %%
code = lab.code("train.py", "inference.py")
inputs = [
    channel("train", lab.put("train/april.csv", labeled(trained))),
    channel("validation", lab.put("validation/april.csv", labeled(held_out))),
]

# %% [markdown]
# Then the call itself, and a waiter that returns when the job has ended.

# %%
sm, job, image = lab.client("sagemaker"), lab.unique("credit-train"), lab.image("scikit-learn")
sm.create_training_job(
    TrainingJobName=job, RoleArn=lab.role, InputDataConfig=inputs,
    AlgorithmSpecification={"TrainingImage": image, "TrainingInputMode": "File"},
    HyperParameters={"sagemaker_program": "train.py", "sagemaker_submit_directory": code},
    OutputDataConfig={"S3OutputPath": f"s3://{lab.bucket}/training"},
    ResourceConfig={"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 10},
    StoppingCondition={"MaxRuntimeInSeconds": 600},
)
sm.get_waiter("training_job_completed_or_stopped").wait(TrainingJobName=job)

# %% [markdown]
# The model becomes a resource of its own, with the script that serves it.

# %%
model, endpoint = lab.unique("credit-model"), lab.unique("credit-risk")
artifact = sm.describe_training_job(TrainingJobName=job)["ModelArtifacts"]["S3ModelArtifacts"]
script = {"SAGEMAKER_PROGRAM": "inference.py", "SAGEMAKER_SUBMIT_DIRECTORY": code}
container = {"Image": image, "ModelDataUrl": artifact, "Environment": script}
made = sm.create_model(ModelName=model, ExecutionRoleArn=lab.role, PrimaryContainer=container)
made["ModelArn"]

# %% [markdown]
# A monitor sees only what the endpoint **captures**. Capture is switched on in the endpoint's configuration:
# which share of the requests, which sides of them, where to, and which content types are text.
# (A type that is not named there is captured in base64.)

# %%
captures = f"s3://{lab.bucket}/captures"
capture = {
    "EnableCapture": True,
    "InitialSamplingPercentage": 100,
    "DestinationS3Uri": captures,
    "CaptureOptions": [{"CaptureMode": "Input"}, {"CaptureMode": "Output"}],
    "CaptureContentTypeHeader": {"CsvContentTypes": ["text/csv"]},
}

# %% [markdown]
# The endpoint has one variant, which we call blue.

# %%
machine = {"InstanceType": "ml.m5.large", "InitialInstanceCount": 1}
sm.create_endpoint_config(
    EndpointConfigName=endpoint, DataCaptureConfig=capture,
    ProductionVariants=[{"VariantName": "blue", "ModelName": model, **machine}],
)
sm.create_endpoint(EndpointName=endpoint, EndpointConfigName=endpoint)
sm.get_waiter("endpoint_in_service").wait(EndpointName=endpoint)

# %% [markdown]
# ## A baseline: what is normal
#
# The baseline of the data quality monitor is usually the **training data**, with the columns as the endpoint will capture them:
# the **answer first**, then the seven inputs in their order. Our training job has scored its own clients and left the table
# in `output.tar.gz`, where a job puts what is not the model.

# %%
import io
import tarfile


def from_job(name):
    """A file that the training job left in output.tar.gz."""
    packed = lab.get(f"s3://{lab.bucket}/training/{job}/output/output.tar.gz")
    return pd.read_csv(tarfile.open(fileobj=io.BytesIO(packed)).extractfile(name))


april = from_job("train.csv").drop(columns="default")
april.head(3)

# %% [markdown]
# Every baseline is a processing job: an image, data in, a folder out, and for this image its orders as environment variables.
# All baselines of this lesson look alike, so we write the request once. First where data comes from and goes to:

# %%
ROOM = {"ClusterConfig": {"InstanceCount": 1, "InstanceType": "ml.m5.large", "VolumeSizeInGB": 20}}


def data_from(name, uri):
    """One input of a processing job, in a folder of its name."""
    place = {"S3Uri": uri, "LocalPath": f"/opt/ml/processing/input/{name}"}
    return {"InputName": name, "S3Input": place | {"S3DataType": "S3Prefix", "S3InputMode": "File"}}


def result_to(uri):
    """The one output of a processing job."""
    place = {"S3Uri": uri, "LocalPath": "/opt/ml/processing/output", "S3UploadMode": "EndOfJob"}
    return {"Outputs": [{"OutputName": "result", "S3Output": place}]}


# %% [markdown]
# Then the call.

# %%
def process(prefix, image, inputs, **orders):
    """Start a processing job; return its name and where it will write."""
    name = lab.unique(prefix)
    result = f"s3://{lab.bucket}/baselines/{name}"
    sm.create_processing_job(
        ProcessingJobName=name, RoleArn=lab.role, ProcessingResources=ROOM, Environment=orders,
        AppSpecification={"ImageUri": lab.image(image)}, ProcessingOutputConfig=result_to(result),
        ProcessingInputs=[data_from(key, uri) for key, uri in inputs.items()],
    )
    return name, result


# %% [markdown]
# And a wait for its end.

# %%
def finished(name):
    """Wait for a processing job; its status and what it says."""
    sm.get_waiter("processing_job_completed_or_stopped").wait(ProcessingJobName=name)
    told = sm.describe_processing_job(ProcessingJobName=name)
    return told["ProcessingJobStatus"], told.get("ExitMessage", told.get("FailureReason"))


# %% [markdown]
# Now the data quality baseline.

# %%
orders = {
    "dataset_format": json.dumps({"csv": {"header": True}}),
    "dataset_source": "/opt/ml/processing/input/data",
    "output_path": "/opt/ml/processing/output",
    "publish_cloudwatch_metrics": "Disabled",
}
data = {"data": lab.put("baselines/april.csv", april)}
name, baseline_uri = process("data-baseline", "model-monitor", data, **orders)
finished(name)

# %% [markdown]
# The job wrote two files. `statistics.json` **describes** each column: count, mean, spread, and its distribution in ten buckets.

# %%
statistics = lab.get_json(f"{baseline_uri}/statistics.json")
bill = next(f for f in statistics["features"] if f["name"] == "bill")
numbers = bill["numerical_statistics"]
print(statistics["dataset"], bill["inferred_type"], numbers["common"])
print({key: round(numbers[key]) for key in ("mean", "std_dev", "min", "max")})
numbers["distribution"]["kll"]["buckets"][:3]

# %% [markdown]
# `constraints.json` **demands**: the type, how many values must be there, and in `monitoring_config` the thresholds of all checks.

# %%
constraints = lab.get_json(f"{baseline_uri}/constraints.json")
print(json.dumps(constraints["features"][5:7]))
print(json.dumps(constraints["monitoring_config"], indent=1))

# %% [markdown]
# The job *suggests* these constraints. They are yours to edit, and AWS asks you to.
# We change one word: `Robust` becomes `Simple`. Simple is the widest gap between two cumulative distributions, a number we can check by hand.
# Robust is meant for few rows and builds on the Kolmogorov-Smirnov test, but AWS publishes no formula for it.

# %%
constraints["monitoring_config"]["distribution_constraints"]["comparison_method"] = "Simple"
constraints_uri = lab.put(f"baselines/{endpoint}/constraints.json", json.dumps(constraints))
constraints_uri

# %% [markdown]
# ## A schedule, and five months in five hours
#
# A **job definition** says what an execution does: which endpoint, which baseline, where the report goes.
# Each of the four types has its own call; the last four fields are the same in all.

# %%
def shared(definition):
    """The fields that all four kinds of job definition have."""
    return {"JobDefinitionName": definition, "RoleArn": lab.role, "JobResources": ROOM,
            "StoppingCondition": {"MaxRuntimeInSeconds": 1800}}


def report_to(kind):
    """Where a monitor writes its reports."""
    place = f"s3://{lab.bucket}/reports/{endpoint}/{kind}"
    output = {"S3Uri": place, "LocalPath": "/opt/ml/processing/output"}
    return {"MonitoringOutputs": [{"S3Output": output}]}


# %% [markdown]
# The data quality definition of our endpoint:

# %%
definition = lab.unique("data-quality")
source = {"EndpointName": endpoint, "LocalPath": "/opt/ml/processing/input/endpoint"}
baseline = {"ConstraintsResource": {"S3Uri": constraints_uri},
            "StatisticsResource": {"S3Uri": f"{baseline_uri}/statistics.json"}}
made = sm.create_data_quality_job_definition(
    **shared(definition), DataQualityAppSpecification={"ImageUri": lab.image("model-monitor")},
    DataQualityJobInput={"EndpointInput": source}, DataQualityBaselineConfig=baseline,
    DataQualityJobOutputConfig=report_to("data-quality"),
)
made["JobDefinitionArn"]

# %% [markdown]
# And the schedule. One hour is the finest that Model Monitor offers, so **an hour of the account stands for a month of the lender**.
# The local account has a clock that we may move: we begin tomorrow at 01:00 UTC. On AWS you would wait.

# %%
tomorrow = lab.clock.now() + timedelta(days=1)
lab.clock.set(tomorrow.replace(hour=1, minute=0, second=0, microsecond=0))
schedule = lab.unique("data-quality-hourly")
config = {
    "ScheduleConfig": {"ScheduleExpression": "cron(0 * ? * * *)"},
    "MonitoringJobDefinitionName": definition, "MonitoringType": "DataQuality",
}
sm.create_monitoring_schedule(MonitoringScheduleName=schedule, MonitoringScheduleConfig=config)
sm.describe_monitoring_schedule(MonitoringScheduleName=schedule)["MonitoringScheduleStatus"]

# %% [markdown]
# Serving a month means one request for each of our 400 clients. The caller adds an **InferenceId**: by it a label will find its prediction later.

# %%
runtime, hours = lab.client("sagemaker-runtime"), {}


def serve(month):
    """Score the 400 clients as they stood in a month, and let the hour pass."""
    hours[month] = lab.clock.now().replace(minute=0, second=0, microsecond=0)
    for client, row in zip(watched.index, picture(watched, month).to_numpy()):
        name, body = f"{month}/{client}", ",".join(map(str, row))
        runtime.invoke_endpoint(EndpointName=endpoint, InferenceId=name, Body=body, ContentType="text/csv")
    lab.clock.set(hours[month] + timedelta(hours=1))


serve("May")

# %% [markdown]
# Each request was captured, in the folder of its hour: endpoint, variant, year, month, day, hour, all in UTC.

# %%
def captured(month):
    """The capture records of a month."""
    files = lab.list(f"{captures}/{endpoint}/blue/{hours[month]:%Y/%m/%d/%H}/")
    return [json.loads(line) for file in files for line in lab.get(file).decode().splitlines()]


print(lab.list(f"{captures}/{endpoint}/")[0])
print(json.dumps(captured("May")[0], indent=1))

# %% [markdown]
# Read it field by field:
#
# - `captureData.endpointInput.data` is the request, seven numbers **without names**. The monitor takes the names from the baseline, by position.
# - `captureData.endpointOutput.data` is the answer, the score.
# - `eventMetadata.eventId` was made by the endpoint; `inferenceId` is ours, and it is there only because we sent it.
# - `inferenceTime` and the folder use the account's clock.
#
# The hour is over, so the schedule has started its first execution. It waits in `Pending` or `InProgress` until its job has ended.

# %%
def ended(schedule, count):
    """Wait until a schedule has so many ended executions; the oldest first."""
    def ask():
        order = {"SortBy": "ScheduledTime", "SortOrder": "Ascending"}
        answer = sm.list_monitoring_executions(MonitoringScheduleName=schedule, **order)
        found = answer["MonitoringExecutionSummaries"]
        return [e for e in found if e["MonitoringExecutionStatus"] not in ("Pending", "InProgress")]

    return lab.wait_for(ask, until=lambda found: len(found) >= count)


# %% [markdown]
# What did it say about May?

# %%
may = ended(schedule, 1)[0]
{key: may[key] for key in ("ScheduledTime", "MonitoringType", "MonitoringExecutionStatus")}

# %% [markdown]
# **Completed**: the job ran and found nothing. (**CompletedWithViolations** would be a finding; **Failed** means that nothing was checked.)
#
# Now the other months. We serve each, the hour passes, the schedule does the rest.

# %%
for month in ("June", "July", "August", "September"):
    serve(month)
found = ended(schedule, 5)
dict(zip(hours, [execution["MonitoringExecutionStatus"] for execution in found]))

# %% [markdown]
# Two months have violations. Each execution has left its report where its job says:

# %%
def report(execution, file):
    """A file of an execution's report."""
    name = execution["ProcessingJobArn"].split("/")[-1]
    job = sm.describe_processing_job(ProcessingJobName=name)
    place = job["ProcessingOutputConfig"]["Outputs"][0]["S3Output"]["S3Uri"]
    return lab.get_json(f"{place}/{file}")


# %% [markdown]
# `constraint_violations.json` names the feature, the check and the reason.

# %%
rows = []
for month, execution in zip(hours, found):
    violations = report(execution, "constraint_violations.json")["violations"]
    rows += [{"month": month, **violation} for violation in violations]
pd.DataFrame(rows)

# %% [markdown]
# So the monitor found three things with AWS's default threshold of 0.1: the amounts `paid` from August on, and in September `pay_status`.
# And the **bill**, up by almost a third? Not once. Your guess about the month had no right answer: the default threshold never reports it.
#
# ## See it with your own eyes
#
# Violations are sentences. Before we act on them we look at the distributions: the baseline against each captured month.
# We rebuild the tables from the **captures**, not from the lender's file: what was not captured cannot be monitored.

# %%
def requests(month):
    """The captured requests of a month as a table."""
    bodies = [record["captureData"]["endpointInput"]["data"] for record in captured(month)]
    return pd.DataFrame([body.split(",") for body in bodies], columns=FEATURES).astype(int)


live = {month: requests(month) for month in hours}
live["September"].describe().loc[["count", "mean", "min", "max"]].round(0)

# %% [markdown]
# Move the slider over the months and look at three features in turn: `pay_status`, `paid`, `bill`.
# **Before you move it:** in which of them do you expect one new bar, in which a shift of all bars?

# %%
import sagelab_widgets

shown = ["pay_status", "paid", "bill", "limit_bal", "age"]
explorer = sagelab_widgets.DriftExplorer(april, live, features=shown, baseline_name="April")
explorer.month = "May"
explorer

# %% [markdown]
# Three kinds of change, and none:
#
# - `pay_status`, September: a bar at code **1** that has no counterpart. April knew the codes -2, -1, 0 and 2 to 8. In September an eighth of all clients
#   have it. That is no drift of behavior but a **schema break**: somebody began to use a code that the model has never seen.
# - `paid`, from August: nearly all bars move. Clients pay more than 1,100 far more often than in April.
# - `bill`: each bar moves a little, in the same direction, every month. A **slow drift**.
# - `limit_bal` and `age` do not move at all: same clients, same values. What distance they show is chance, because 400 clients are not all clients.
#
# The rest of the lesson is work. You write five pieces of it.

# %% [markdown]
# ## Exercise 1: how far has a code moved?
#
# The distance that the monitor reported treats `pay_status` as a number. For codes, lenders use the **population stability index**:
# for each code the share of clients $p$ in the baseline and $q$ in live data,
#
# $$\mathrm{PSI} = \sum_{\text{codes}} (q - p)\,\ln\frac{q}{p}$$
#
# A code that one side has never seen has a share of 0, and the logarithm has no value there. So a share below `FLOOR` counts as `FLOOR`.
# A common rule of thumb: below 0.1 is quiet, above 0.25 somebody must look.
#
# Write `psi` for two pandas Series of codes. It must also work for live data with more or fewer rows than the baseline.

# %% solution="psi"
FLOOR = 0.0001


def psi(baseline, live):
    """Population stability index of two Series of codes, as a float."""
    ### BEGIN SOLUTION
    codes = sorted(set(baseline) | set(live))
    before = baseline.value_counts(normalize=True).reindex(codes, fill_value=0)
    after = live.value_counts(normalize=True).reindex(codes, fill_value=0)
    before, after = before.clip(lower=FLOOR), after.clip(lower=FLOOR)
    return float(((after - before) * np.log(after / before)).sum())
    ### END SOLUTION


# %% tests="psi" points=3
half, quarter = pd.Series([0, 0, 2, 2]), pd.Series([0, 2, 2, 2])
got = psi(half, quarter)
assert isinstance(got, float), "psi returns one number, a float."
assert not math.isclose(got, 0.1193, abs_tol=0.001), (
    "This is the sum with base-10 logarithms; PSI uses the natural one, np.log."
)
assert not math.isclose(got, 0.1308, abs_tol=0.001), (
    "This is the KL divergence; in PSI each logarithm is weighted with q - p, not "
    "with q."
)
assert math.isclose(got, 0.2747, abs_tol=0.001), (
    f"Shares of 1/2, 1/2 against 1/4, 3/4 have a PSI of 0.2747; yours is {got:.4f}."
)
twice = psi(half, pd.concat([quarter, quarter]))
assert math.isclose(twice, got, abs_tol=1e-9), (
    "The same shares in twice as many rows have the same PSI: work with shares, not "
    "with counts."
)
new_code = psi(half, pd.Series([0, 0, 2, 1]))
assert np.isfinite(new_code), (
    "A code that one side has never seen must not give inf or nan: let its share "
    "count as FLOOR."
)
assert new_code > 1, (
    "A code that only the live data have must count too: go over the codes of both "
    "sides."
)
assert psi(pd.Series([0, 0, 2, 1]), half) > 1, (
    "A code that only the baseline has must count too: go over the codes of both "
    "sides."
)
assert psi(april["pay_status"], live["May"]["pay_status"]) < 0.1, (
    "May is quiet: its PSI lies below 0.1."
)
### BEGIN HIDDEN TESTS
august = psi(april["pay_status"], live["August"]["pay_status"])
assert math.isclose(august, 0.0463, abs_tol=0.002), (
    "August's PSI is 0.046."
)
assert math.isclose(psi(half, half), 0, abs_tol=1e-12), "Equal shares have a PSI of 0."
### END HIDDEN TESTS
september = psi(april["pay_status"], live["September"]["pay_status"])
assert math.isclose(september, 0.9013, abs_tol=0.01), (
    f"September's PSI is 0.90; yours is {september:.2f}."
)

# %% [markdown]
# The months in one row. Then the shares of the codes, to see what makes September.

# %%
codes = {"April": april["pay_status"], **{month: live[month]["pay_status"] for month in live}}
print({month: round(psi(codes["April"], codes[month]), 3) for month in live})
shares = {m: codes[m].value_counts(normalize=True) for m in ("April", "August", "September")}
pd.DataFrame(shares).fillna(0).round(3).head(6)

# %% [markdown]
# Until August every month is below 0.05. September is far beyond any threshold, and one code makes it: **1**, which no client of April had.
# At the same time there are fewer 2s than in August, as if some clients who would have been a 2 were now a 1. Somebody must be asked.
#
# ## Exercise 2: a threshold that you can defend
#
# For the slow drift the question is another one. This is the number that `Simple` compares with the threshold:

# %%
def gap(baseline, live):
    """The widest distance between two cumulative distributions (linf_simple)."""
    points = np.sort(np.concatenate([baseline, live]))
    before = np.searchsorted(np.sort(baseline), points, side="right") / len(baseline)
    after = np.searchsorted(np.sort(live), points, side="right") / len(live)
    return float(np.abs(after - before).max())


gaps = {month: {f: gap(april[f], live[month][f]) for f in FEATURES} for month in live}
pd.DataFrame(gaps).round(3)

# %% [markdown]
# The bill comes close to 0.1 and never crosses it. Why not simply 0.03, then? Look at `age` and `limit_bal`: they *cannot* drift, and show more than 0.03.
#
# A good threshold lies just above what **chance alone** does with so few rows. Measure it: draw 400 clients from the **baseline itself**
# and compute their gap to the baseline. No drift can be in that gap. Do it many times, and take the value below which **95 percent** of the gaps lie.
#
# Write `choose_threshold(baseline, rows)`: that value, **rounded up** to two decimals.

# %% solution="choose_threshold"
def choose_threshold(baseline, rows, draws=200, seed=0):
    """What the gap of 95 % of all samples of `rows` baseline clients stays below, rounded up."""
    rng = np.random.default_rng(seed)
    ### BEGIN SOLUTION
    chance = [gap(baseline, rng.choice(baseline, rows)) for _ in range(draws)]
    return math.ceil(100 * np.quantile(chance, 0.95)) / 100
    ### END SOLUTION


# %% tests="choose_threshold" points=3
values = np.sort(april["bill"])
few, many = choose_threshold(values, 400), choose_threshold(values, 1600)
draws = np.random.default_rng(1)
by_chance = np.array([gap(values, draws.choice(values, 400)) for _ in range(200)])
assert isinstance(few, float), "choose_threshold returns one number, a float."
assert many < few, (
    "With four times the rows chance does less: draw `rows` clients in each sample."
)
assert (by_chance > few).mean() < 0.2, (
    f"At {few} chance alone would raise an alarm in {(by_chance > few).mean():.0%} of "
    "quiet months: take the 95 % quantile, not the middle."
)
assert few < 0.09, (
    f"{few} is more than chance needs, and the bill would be missed in September. "
    "Compare each sample with the whole baseline, and take the 95 % quantile of the "
    "gaps, not their largest."
)
### BEGIN HIDDEN TESTS
assert 0.03 <= many <= 0.04, f"For 1,600 rows chance stays below 0.04; yours is {many}."
assert choose_threshold(values, 400, draws=20) == choose_threshold(values, 400, draws=20), (
    "The same seed gives the same threshold: draw with `rng` only."
)
### END HIDDEN TESTS
assert round(few, 2) == few, f"A threshold of two decimals is asked for; yours is {few}."
assert (by_chance > few).mean() <= 0.08, (
    f"At {few} more than 5 % of quiet months would raise an alarm: round up, not down."
)

# %% [markdown]
# Three thresholds, and the features that each would report, month by month:

# %%
for threshold in (0.03, choose_threshold(april["bill"].to_numpy(), 400), 0.1):
    print(f"above {threshold:.2f}:")
    for month in live:
        print(f"  {month:10}", *[f for f in FEATURES if gaps[month][f] > threshold])

# %% [markdown]
# - At 0.03 features that cannot drift raise an alarm every month. Soon nobody reads the alarms.
# - At 0.10 the bill's growth is never reported.
# - At your threshold the bill is reported from July on, and nothing that cannot drift is.
#
# Only more clients an hour would allow a smaller threshold: four times the rows halve what chance does.
# In production you would write your threshold into `constraints.json` (for one feature: into its `monitoringConfigOverrides`).

# %% [markdown]
# ## Labels arrive: does the model still work?
#
# October is over. For every client we now know whether the card was paid, and the model quality monitor can run.
#
# **Predict.** The model was trained on April's codes, and an eighth of September's clients carry a code that it has never seen.
# Is its AUC on September's clients lower or higher than on April's?
#
# Its baseline needs predictions **with labels, of clients whom the model has not seen**: the held-out ones. Again our job has scored them.

# %%
quality_orders = {
    **orders, "analysis_type": "MODEL_QUALITY", "problem_type": "BinaryClassification",
    "probability_attribute": "score", "probability_threshold_attribute": "0.3",
    "ground_truth_attribute": "default",
}
scored = from_job("validation.csv")[["score", "default"]]
data = {"data": lab.put("baselines/held_out.csv", scored)}
name, quality_uri = process("quality-baseline", "model-monitor", data, **quality_orders)
finished(name)

# %% [markdown]
# Its constraints are the metrics of April:

# %%
METRICS = ["auc", "recall", "precision", "false_positive_rate"]
april_quality = lab.get_json(f"{quality_uri}/constraints.json")["binary_classification_constraints"]
pd.DataFrame(april_quality).T.loc[METRICS]

# %% [markdown]
# Each metric of April became a constraint: recall may not be *less* than its threshold, the false positive rate not *greater*.
#
# ## Exercise 3: order the quality monitor
#
# Write the part of `create_model_quality_job_definition` that is special to this monitor. `quality_fields()` returns a dict with
#
# - `ModelQualityAppSpecification`: the model monitor image, and the `ProblemType`;
# - `ModelQualityBaselineConfig`: the constraints that the quality baseline wrote;
# - `ModelQualityJobInput`: the endpoint, mounted at `/opt/ml/processing/input/endpoint`; the answer's column 0 is a **probability**, and the lender acts above **0.3**;
#   and the labels, which will lie below `labels_uri`.
#
# The definition of the data quality monitor above is the pattern; `help(sm.create_model_quality_job_definition)` and the
# [API reference](https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_CreateModelQualityJobDefinition.html) list the fields.

# %%
labels_uri = f"s3://{lab.bucket}/labels/{endpoint}"
print(labels_uri, quality_uri, endpoint, sep="\n")

# %% [markdown]
# Numbers in the fields of `EndpointInput` are sometimes texts: columns are (`"0"`), the threshold is not.

# %% solution="quality_fields"
def quality_fields():
    """The three fields of a model quality job definition that only this monitor has."""
    ### BEGIN SOLUTION
    return {
        "ModelQualityAppSpecification": {
            "ImageUri": lab.image("model-monitor"),
            "ProblemType": "BinaryClassification",
        },
        "ModelQualityBaselineConfig": {
            "ConstraintsResource": {"S3Uri": f"{quality_uri}/constraints.json"},
        },
        "ModelQualityJobInput": {
            "EndpointInput": {
                "EndpointName": endpoint,
                "LocalPath": "/opt/ml/processing/input/endpoint",
                "ProbabilityAttribute": "0",
                "ProbabilityThresholdAttribute": 0.3,
            },
            "GroundTruthS3Input": {"S3Uri": labels_uri},
        },
    }
    ### END SOLUTION


# %% tests="quality_fields" points=4
fields = quality_fields()
assert isinstance(fields, dict), "quality_fields returns a dict."
expected = {"ModelQualityAppSpecification", "ModelQualityBaselineConfig", "ModelQualityJobInput"}
assert set(fields) == expected, (
    f"The dict has the keys {', '.join(sorted(expected))}; yours has "
    f"{', '.join(map(str, fields))}."
)
assert "ImageUri" in fields["ModelQualityAppSpecification"], (
    "ModelQualityAppSpecification needs the ImageUri of the model monitor image."
)
assert fields["ModelQualityAppSpecification"]["ImageUri"] == lab.image("model-monitor"), (
    "The image of this monitor is lab.image(\"model-monitor\")."
)
problem = fields["ModelQualityAppSpecification"].get("ProblemType")
assert problem == "BinaryClassification", (
    "Paid or not paid is a BinaryClassification, although the model answers with a "
    f"number; ProblemType is {problem}."
)
given = fields["ModelQualityBaselineConfig"]
assert "StatisticsResource" not in given, (
    "A model quality baseline has constraints only; a StatisticsResource belongs to "
    "data quality."
)
given_uri = given.get("ConstraintsResource", {}).get("S3Uri")
assert given_uri != constraints_uri, (
    "These constraints describe columns. Model quality needs those of its own "
    "baseline, below quality_uri."
)
assert given_uri == f"{quality_uri}/constraints.json", (
    "ConstraintsResource names the file constraints.json that the quality baseline "
    "wrote below quality_uri."
)
from_endpoint = fields["ModelQualityJobInput"].get("EndpointInput", {})
assert from_endpoint.get("EndpointName") == endpoint, "EndpointInput names our endpoint."
assert from_endpoint.get("LocalPath") == "/opt/ml/processing/input/endpoint", (
    "LocalPath is where the captures are mounted: /opt/ml/processing/input/endpoint."
)
assert "InferenceAttribute" not in from_endpoint, (
    "InferenceAttribute is for an answer that is a label already. Ours is a "
    "probability: ProbabilityAttribute."
)
assert from_endpoint.get("ProbabilityAttribute") == "0", (
    "ProbabilityAttribute is the column of the answer that holds the probability, as "
    "a text: \"0\"."
)
assert "ProbabilityThresholdAttribute" in from_endpoint, (
    "Without ProbabilityThresholdAttribute a client counts as flagged above 0.5; "
    "this lender acts above 0.3."
)
cut = from_endpoint["ProbabilityThresholdAttribute"]
assert cut == 0.3, f"The lender acts above 0.3, not above {cut}."
labels = fields["ModelQualityJobInput"].get("GroundTruthS3Input", {}).get("S3Uri")
assert labels is not None, (
    "Without GroundTruthS3Input there is nothing to compare the predictions with."
)
assert not str(labels).startswith(captures), (
    "The captures hold what the model said. GroundTruthS3Input names the labels, at "
    "labels_uri."
)
assert str(labels).rstrip("/") == labels_uri, (
    "GroundTruthS3Input names the prefix labels_uri; the monitor adds the hour's "
    "folder itself."
)

# %% [markdown]
# With these fields the definition is complete, and we make a small tool: run a monitor **once, now**, over the newest hours.
# `NOW` needs the two ends of its window, as offsets from now.

# %%
def run_now(kind, definition, start="-PT1H", end="-PT0H"):
    """Start one execution over a window of captures; return its schedule."""
    name = lab.unique(f"{definition}-now")
    window = {"DataAnalysisStartTime": start, "DataAnalysisEndTime": end}
    config = {"ScheduleConfig": {"ScheduleExpression": "NOW", **window},
              "MonitoringJobDefinitionName": definition, "MonitoringType": kind}
    sm.create_monitoring_schedule(MonitoringScheduleName=name, MonitoringScheduleConfig=config)
    return name


# %% [markdown]
# The definition, from your fields:

# %%
quality = lab.unique("model-quality")
made = sm.create_model_quality_job_definition(
    **shared(quality), **quality_fields(), ModelQualityJobOutputConfig=report_to("model-quality")
)
made["JobDefinitionArn"]

# %% [markdown]
# ## Exercise 4: why does this execution fail?
#
# A colleague wrote the upload of the labels: one JSON line a client, in a folder of the same form as the captures'. The folder is the hour in which a label
# was collected; with our hours standing for months, we take the hour of the prediction.

# %%
def label_file_draft(month):
    """The colleague's draft: the key below labels_uri, and the text of the file."""
    lines = []
    for client, default in watched["default"].items():
        truth = {"groundTruthData": {"data": str(default), "encoding": "CSV"},
                 "eventMetadata": {"eventId": str(client)}, "eventVersion": "0"}
        lines.append(json.dumps(truth))
    hour = hours[month]
    return f"{hour.year}/{hour.month}/{hour.day}/{hour.hour}/labels.jsonl", "\n".join(lines)


# %% [markdown]
# We upload September's labels with it and run the monitor over September's hour.

# %%
def upload(month, label_file):
    """Put a month's labels where label_file says."""
    key, text = label_file(month)
    return lab.put(f"labels/{endpoint}/{key}", text)


print(upload("September", label_file_draft))
failed = ended(run_now("ModelQuality", quality), 1)[0]
print(failed["MonitoringExecutionStatus"], failed.get("FailureReason"), sep="\n")

# %% [markdown]
# **Failed**: nothing was checked. The draft has **two** faults. The reason tells the first; the second shows when you lay a label line beside a capture record.

# %%
print(json.dumps(captured("September")[0]["eventMetadata"]))
print(label_file_draft("September")[1].splitlines()[0])

# %% [markdown]
# Write `label_file(month)`, the mended draft: it returns the key below `labels_uri` and the text. A small test of your own is welcome before you run the check.

# %% solution="label_file"
def label_file(month):
    """The key of a month's labels below labels_uri, and the text of the file."""
    ### BEGIN SOLUTION
    lines = []
    for client, default in watched["default"].items():
        truth = {"groundTruthData": {"data": str(default), "encoding": "CSV"},
                 "eventMetadata": {"eventId": f"{month}/{client}"}, "eventVersion": "0"}
        lines.append(json.dumps(truth))
    return f"{hours[month]:%Y/%m/%d/%H}/labels.jsonl", "\n".join(lines)
    ### END SOLUTION


# %% tests="label_file" points=3
pair = label_file("September")
assert isinstance(pair, tuple) and len(pair) == 2, (
    "label_file returns two things: the key and the text."
)
key, text = pair
hour = f"{hours['September']:%Y/%m/%d/%H}"
assert not str(key).startswith(f"{hours['September'].year}/September"), (
    "The folders are numbers of the account's clock, not the lender's months."
)
assert str(key).startswith(f"{hour}/"), (
    f"September was served in the hour folder {hour}, with two digits for month, day "
    f"and hour; your key is {key}."
)
assert str(key).endswith(".jsonl"), (
    "The file's name ends in .jsonl: one JSON object a line."
)
lines = str(text).strip().splitlines()
assert len(lines) == len(watched), (
    f"One line for each of the {len(watched)} clients; you wrote {len(lines)}. JSON "
    "Lines is not a JSON list."
)
records = [json.loads(line) for line in lines]
parts = {"groundTruthData", "eventMetadata", "eventVersion"}
assert all(isinstance(record, dict) and parts <= set(record) for record in records), (
    "Each line has groundTruthData, eventMetadata and eventVersion."
)
assert all(isinstance(r["groundTruthData"]["data"], str) for r in records), (
    "groundTruthData.data is a text, \"0\" or \"1\", because its encoding is CSV."
)
ids = {r["eventMetadata"].get("eventId") for r in records}
sent = {r["eventMetadata"]["inferenceId"] for r in captured("September")}
assert ids != {r["eventMetadata"]["eventId"] for r in captured("September")}, (
    "The caller sent an inferenceId, so the merge looks for that, not for the "
    "endpoint's own eventId."
)
assert len(ids & sent) > 0, (
    f"No label would find its prediction: the captures carry ids such as {min(sent)}, "
    f"your labels {min(map(str, ids))}."
)
assert ids == sent, (
    "Each client's id must equal the captured inferenceId, letter by letter."
)
### BEGIN HIDDEN TESTS
others = [json.loads(line) for line in label_file("May")[1].strip().splitlines()]
assert {r["eventMetadata"]["eventId"] for r in others} == {r["eventMetadata"]["inferenceId"] for r in captured("May")}, (
    "The function must serve every month, not September alone."
)
### END HIDDEN TESTS
told = {r["eventMetadata"]["eventId"]: r["groundTruthData"]["data"] for r in records}
truth = {f"September/{client}": str(default) for client, default in watched["default"].items()}
assert told == truth, "Some labels belong to other clients: keep each client's label with its id."

# %% [markdown]
# Upload every month's labels, and run September again. An execution of this monitor is **two jobs**: one merges labels and captures by their id,
# the other measures.

# %%
for month in hours:
    upload(month, label_file)
quality_run = ended(run_now("ModelQuality", quality), 1)[0]
print(quality_run["MonitoringExecutionStatus"], report(quality_run, "constraint_violations.json"))

# %% [markdown]
# What did it measure? Each metric has a value and a standard deviation (five random samples of 80 percent, and only from 200 rows on).

# %%
measured = report(quality_run, "statistics.json")["binary_classification_metrics"]
table = pd.DataFrame({name: measured[name] for name in METRICS}).T.astype(float)
table.assign(april=[april_quality[name]["threshold"] for name in METRICS]).round(3)

# %% [markdown]
# **Completed**, no violation: every metric is *better* than in April, the AUC too. That surprises most people.
# A likely reason: in September October is near, and what a client did last month tells more than what he did in spring.
# A dashboard of this model would be green.
#
# Now look inside the average. Here are September's clients by their code, with the share of defaulters that the lender would have **missed**.

# %%
answers = [r["captureData"]["endpointOutput"]["data"] for r in captured("September")]
september = live["September"].assign(score=[float(text) for text in answers])
september["default"] = watched["default"].to_numpy()
by_code = september.groupby("pay_status").agg(
    clients=("default", "size"), defaulted=("default", "mean"), mean_score=("score", "mean")
)
defaulted = september[september["default"] == 1]
missed = (defaulted["score"] <= 0.3).groupby(defaulted["pay_status"]).mean()
by_code.assign(missed_defaulters=missed).round(2).head(5)

# %% [markdown]
# Code 1 means one month late. Of these clients nearly four in ten do not pay, three times as many as with code 0. The model has never seen a 1 and scores them
# little higher than code 0, so **three of four defaulters among them are missed**. Of the defaulters with code 2 it misses one.
#
# So the data quality monitor saw in one hour, without a label, what the model quality monitor did not see with all the labels.
# It watches averages. If a group matters, measure the group.

# %% [markdown]
# ## Are groups treated worse than before?
#
# Being called by collections is a burden, so not being called is the favorable outcome. Does the model place that burden on one group more than on others?
# `education` 3 means high school. The bias metric **DPPL** is the share of favorable predictions among the others, minus that share in this group.
#
# The baseline comes from Clarify's image. Its orders stand in a file, `analysis_config.json`. It asks the *model* for predictions, through a short-lived
# endpoint of its own.

# %%
predictor = {"model_name": model, "accept_type": "text/csv",
             "instance_type": "ml.m5.large", "initial_instance_count": 1}
bias_config = {
    "dataset_type": "text/csv", "headers": [*FEATURES, "default"],
    "label": "default", "label_values_or_threshold": [0], "probability_threshold": 0.3,
    "facet": [{"name_or_index": "education", "value_or_threshold": [3]}],
    "methods": {"post_training_bias": {"methods": ["DPPL"]}}, "predictor": predictor,
}

# %% [markdown]
# The explainability monitor's baseline comes from the same image. Its method is SHAP, against one reference client, the mean of April.
# We explain 100 clients: an explanation asks the model hundreds of times a client. We start both jobs, then wait for both.

# %%
reference = [april[FEATURES].mean().round().tolist()]
shap_config = {
    "dataset_type": "text/csv", "headers": FEATURES, "predictor": predictor,
    "methods": {"shap": {"baseline": reference, "num_samples": 128, "agg_method": "mean_abs"}},
}

# %% [markdown]
# Clarify's image finds its two inputs by their names, `dataset` and `analysis_config`.

# %%
def clarify(prefix, rows, config):
    """Start a Clarify job over a table; return its name, its result and its config."""
    config_uri = lab.put(f"monitors/{endpoint}/{prefix}/analysis_config.json", json.dumps(config))
    dataset = lab.put(f"baselines/{prefix}.csv", rows, header=False)
    inputs = {"dataset": dataset, "analysis_config": config_uri}
    return *process(prefix, "clarify", inputs), config_uri


some = picture(held_out, "April").head(100)
bias_job, bias_uri, bias_config_uri = clarify("bias", labeled(held_out), bias_config)
shap_job, shap_uri, shap_config_uri = clarify("shap", some, shap_config)

# %% [markdown]
# Both write `analysis.json`. Here is the bias job's:

# %%
print(finished(bias_job), finished(shap_job))
lab.get_json(f"{bias_uri}/analysis.json")["post_training_bias_metrics"]["facets"]

# %% [markdown]
# On April's held-out clients DPPL is about 0.05: of the high school group five in a hundred more are called. That is the constraint now.
# The bias monitor reads the same config file. How the endpoint's answer becomes a prediction stands in `EndpointInput`, as before.

# %%
bias = lab.unique("model-bias")
answer = {"ProbabilityAttribute": "0", "ProbabilityThresholdAttribute": 0.3}
made = sm.create_model_bias_job_definition(
    **shared(bias), ModelBiasJobOutputConfig=report_to("model-bias"),
    ModelBiasAppSpecification={"ImageUri": lab.image("clarify"), "ConfigUri": bias_config_uri},
    ModelBiasBaselineConfig={"ConstraintsResource": {"S3Uri": f"{bias_uri}/analysis.json"}},
    ModelBiasJobInput={"EndpointInput": source | answer,
                       "GroundTruthS3Input": {"S3Uri": labels_uri}},
)
made["JobDefinitionArn"]

# %% [markdown]
# The explainability monitor needs no labels.

# %%
explain = lab.unique("model-explainability")
constraint = {"ConstraintsResource": {"S3Uri": f"{shap_uri}/analysis.json"}}
application = {"ImageUri": lab.image("clarify"), "ConfigUri": shap_config_uri}
made = sm.create_model_explainability_job_definition(
    **shared(explain), ModelExplainabilityJobOutputConfig=report_to("explainability"),
    ModelExplainabilityAppSpecification=application, ModelExplainabilityBaselineConfig=constraint,
    ModelExplainabilityJobInput={"EndpointInput": source},
)
made["JobDefinitionArn"]

# %% [markdown]
# Run both over September. **Predict:** which of the two reports a violation?

# %%
started = run_now("ModelBias", bias), run_now("ModelExplainability", explain)
bias_run, explain_run = (ended(name, 1)[0] for name in started)
for run in (bias_run, explain_run):
    print(run["MonitoringType"], run["MonitoringExecutionStatus"])
report(bias_run, "constraint_violations.json")

# %% [markdown]
# The bias monitor reports DPPL: in September the high school group is called far more often than the others. Is that believable, with 65 such clients among 400?
# The guide says how AWS keeps chance out: it builds a bootstrap interval around the value and raises an alert only if the interval does not touch the allowed range.
# Build one:

# %%
def dppl(rows):
    """How many more of the high school group are called: its share less the others' share."""
    called, group = rows["score"] > 0.3, rows["education"] == 3
    return called[group].mean() - called[~group].mean()


again = [dppl(september.sample(frac=1, replace=True, random_state=draw)) for draw in range(500)]
low, high = np.quantile(again, [0.025, 0.975])
print(f"DPPL {dppl(september):.2f}, interval {low:.2f} to {high:.2f}")

# %% [markdown]
# The interval is wide and still lies above April's 0.05: an alarm for good reason. But do not quote its size.
# A group of 65 gives a rough number. All held-out clients give a better one. We score them with the **model file**, not with the endpoint: its captures are for real requests.

# %%
import joblib
from sklearn.metrics import roc_auc_score

packed = tarfile.open(fileobj=io.BytesIO(lab.get(artifact)))
model_file = joblib.load(io.BytesIO(packed.extractfile("model.joblib").read()))
for month in ("April", "July", "September"):
    rows = picture(clients[20_000:], month)
    rows["score"] = model_file.predict_proba(rows.to_numpy(float))[:, 1]
    auc = roc_auc_score(clients["default"][20_000:], rows["score"])
    print(f"{month:10} DPPL {dppl(rows):.3f}   AUC {auc:.3f}")

# %% [markdown]
# The direction was right and the size was not: among 10,000 clients DPPL goes from 0.05 in April to 0.10 in July and 0.09 in September.
# And the AUC does rise, as the quality monitor said.
#
# ## Exercise 5: has the ranking changed?
#
# The explainability monitor asks which features drive the scores, and whether their **ranking** is still that of the baseline. It compares with NDCG:
#
# $$\mathrm{NDCG} = \frac{\sum_i a(f'_i)/\log_2(i+1)}{\sum_i a(f_i)/\log_2(i+1)}$$
#
# $f_1, f_2, \dots$ are the features sorted by their attribution in the **baseline**, $f'_1, f'_2, \dots$ by their attribution in **live** data, the largest first.
# $a$ is the attribution **in the baseline**, above and below the line. Below **0.90** the monitor logs a violation.
#
# Write `ndcg` for two dicts of feature and attribution. AWS's own example has three features: 0.70, 0.50, 0.05 in training, and the order completely reversed live. It gives 0.69.

# %% solution="ndcg"
def ndcg(baseline, live):
    """NDCG of the live ranking, judged by the baseline's attributions."""
    ### BEGIN SOLUTION
    def gain(features):
        return sum(baseline[f] / math.log2(place + 1) for place, f in enumerate(features, start=1))

    ideal = sorted(baseline, key=baseline.get, reverse=True)
    return gain(sorted(live, key=live.get, reverse=True)) / gain(ideal)
    ### END SOLUTION


# %% tests="ndcg" points=3
college = {"sat": 0.70, "gpa": 0.50, "rank": 0.05}
reversed_live = {"sat": 0.10, "gpa": 0.20, "rank": 0.70}
value = ndcg(college, reversed_live)
assert isinstance(value, float), "ndcg returns one number, a float."
assert math.isclose(ndcg(college, {"sat": 7.0, "gpa": 5.0, "rank": 0.5}), 1, abs_tol=1e-9), (
    "The same ranking gives 1, however large the live values are: the live side "
    "decides the places, the baseline's attributions the weight."
)
assert not math.isclose(value, 1.4544, abs_tol=0.005), (
    "Yours is above 1: the ideal below the line is the baseline's own ranking, not "
    "the live one."
)
assert value <= 1, (
    "The ideal ranking stands below the line, so NDCG is at most 1. Is yours divided "
    "by it?"
)
shuffled = {"rank": 0.05, "sat": 0.70, "gpa": 0.50}
assert math.isclose(ndcg(shuffled, reversed_live), value, abs_tol=1e-9), (
    "The order in which a dict was written means nothing: sort both sides by "
    "attribution, the largest first."
)
swap = ndcg({"a": 0.6, "b": 0.3, "c": 0.1}, {"a": 0.2, "b": 0.5, "c": 0.1})
assert not math.isclose(swap, 0.8085, abs_tol=0.003), (
    "Each place is divided by log2(place + 1), not by the place itself."
)
### BEGIN HIDDEN TESTS
assert math.isclose(swap, 0.8681, abs_tol=0.001), (
    f"For this swap of the first two NDCG is 0.868; yours is {swap:.3f}."
)
### END HIDDEN TESTS
assert math.isclose(value, 0.6876, abs_tol=0.001), (
    f"AWS's example gives 0.69; yours gives {value:.4f}. Places count from 1."
)

# %% [markdown]
# Your function on the two `analysis.json` files, the baseline's and September's:

# %%
def attributions(analysis):
    """The global SHAP values of an analysis.json."""
    return analysis["explanations"]["kernel_shap"]["label0"]["global_shap_values"]


before = attributions(lab.get_json(f"{shap_uri}/analysis.json"))
now = attributions(report(explain_run, "analysis.json"))
print(f"NDCG {ndcg(before, now):.4f}")
pd.DataFrame({"April": before, "September": now}).sort_values("April", ascending=False).round(3)

# %% [markdown]
# Far above 0.90, and no violation. Two features of nearly the same weight have changed places, and NDCG hardly minds.
# The model reads the new code as an old one, so to an explanation nothing looks unusual. This is not a fault of the monitor: it answers its own question.

# %% [markdown]
# ## Who is told?
#
# So far nobody is. Model Monitor **detects**; it retrains nothing and sends nothing. But each data quality execution published metrics to CloudWatch,
# among them the drift of each feature:

# %%
cloudwatch = lab.client("cloudwatch")
metric = {
    "Namespace": "/aws/sagemaker/Endpoints/data-metric",
    "MetricName": "feature_baseline_drift_pay_status",
    "Dimensions": [{"Name": "Endpoint", "Value": endpoint},
                   {"Name": "MonitoringSchedule", "Value": schedule}],
}
span = {"StartTime": hours["May"], "EndTime": hours["September"] + timedelta(hours=3)}
drift = cloudwatch.get_metric_statistics(**metric, **span, Period=3600, Statistics=["Maximum"])
sorted((point["Timestamp"].hour, round(point["Maximum"], 3)) for point in drift["Datapoints"])

# %% [markdown]
# Five values, one an hour, the last above 0.1. An **alarm** turns such a metric into a message: which metric, which threshold, how often, and whom to tell (an SNS topic).
# Whoever is on call subscribes to the topic, here with a queue:

# %%
sns, sqs = lab.client("sns"), lab.client("sqs")
topic = sns.create_topic(Name="credit-risk-on-call")["TopicArn"]
inbox = sqs.create_queue(QueueName=lab.unique("on-call"))["QueueUrl"]
address = sqs.get_queue_attributes(QueueUrl=inbox, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=address)["SubscriptionArn"].split(":")[-2]

# %% [markdown]
# Now the alarm. CloudWatch evaluates it at once, and again with each new value:

# %%
alarm = lab.unique("pay-status-drifts")
cloudwatch.put_metric_alarm(
    AlarmName=alarm, **metric, Statistic="Maximum", Period=3600, EvaluationPeriods=1, Threshold=0.1,
    ComparisonOperator="GreaterThanThreshold", TreatMissingData="breaching", AlarmActions=[topic],
)
kept = cloudwatch.describe_alarms(AlarmNames=[alarm])["MetricAlarms"][0]
kept["StateValue"], kept["StateReason"]

# %% [markdown]
# `TreatMissingData="breaching"` is on purpose: a monitor that has stopped running should wake somebody too. And this is what the person on call finds:

# %%
message = sqs.receive_message(QueueUrl=inbox, WaitTimeSeconds=10)["Messages"][0]
json.loads(message["Body"])["Subject"]

# %% [markdown]
# **What was executed here, and what was only recorded.** Executed: the training job, the endpoint and its captures, every baseline, every execution, the metrics, the alarm and its message.
# Recorded: instance types and roles.
#
# | Finding | Told to | Next step |
# |---|---|---|
# | `pay_status` has a new code | the owner of the repayment data, today | agree what code 1 means; until then a simple rule flags these clients; retrain when enough labeled clients have it |
# | `paid` moved in August | the product owner of the card | was there a campaign, a new minimum payment? if it stays, it is the new normal: retrain, new baseline |
# | the bill grows slowly | the model owner, at the monthly review | retrain on newer months; lower the threshold as in exercise 2 |
# | DPPL of the high school group doubled | the person responsible for fair treatment | measure on all clients, look for the cause before any retraining |
#
# Retraining stands in most rows, and no row begins with it.

# %% [markdown]
# ## When to use what
#
# | You want to know | Use | Not |
# |---|---|---|
# | do requests still look like the training data? | data quality monitor | model quality: it waits for labels |
# | is the model still right? | model quality monitor, with labels | data quality: inputs can look the same while the world changes |
# | is one group treated worse *over time*? | bias monitor | a Clarify job: that is the same metrics, once |
# | do the same features drive the scores? | explainability monitor | a bias metric |
# | is the endpoint fast and healthy? | CloudWatch endpoint metrics | Model Monitor: it reads contents, not latency |
# | does *training* go wrong? | Debugger (closed to new customers), MLflow, TensorBoard | Model Monitor: it starts after deployment |
# | how do all our models do? | Model Dashboard: it shows what the monitors found | a schedule: it does the work, for one endpoint |
# | drift reports in a new AWS account | captures, Evidently and MLflow, EventBridge, SNS | Model Monitor: closed to new customers |
#
# **Exam tip, old and new.** The older tip: "Model Monitor = post-deployment monitoring". That is still its place. Two corrections:
# it is often listed as four kinds of *data drift*, but a drop in accuracy is not data drift, and two of the four need your labels;
# and the current ML engineer exam guide (MLA-C02, since 29 September 2026) speaks of *drift detection pipelines* and does not name Model Monitor.

# %% [markdown]
# ### Five confusions
#
# Answer each aloud, then open it.
#
# <details><summary>1. The inputs drifted. Is the model worse?</summary>
#
# Not necessarily. Bills grew by a third and the AUC rose. Drift says "look", only labels say "worse".
# </details>
#
# <details><summary>2. Covariate drift or concept drift: which monitor sees which?</summary>
#
# Covariate drift is a change of the inputs: data quality. Concept drift is a change of what the inputs *mean* for the outcome: it shows as model quality.
# </details>
#
# <details><summary>3. Bias drift and attribution drift both come from Clarify. What is the difference?</summary>
#
# Bias drift compares groups of clients and needs labels. Attribution drift compares the ranking of features by SHAP value and needs none.
# </details>
#
# <details><summary>4. Why not take last week's traffic as the baseline?</summary>
#
# A slow drift would move the yardstick along with it. May against June, June against July: the bill never moves much in one month.
# </details>
#
# <details><summary>5. CompletedWithViolations and Failed: which one is worse?</summary>
#
# Failed. CompletedWithViolations is a monitor that works and has found something; after Failed nobody knows anything about that hour.
# </details>

# %% [markdown]
# ## Quiz
#
# Thirty questions, many of them small decisions. Your answers are saved in `answers.json` beside this notebook, so you can stop and come back.

# %% quiz=true points=10
lab.quiz()

# %% [markdown]
# ## The same on AWS
#
# With `SAGELAB_TARGET=aws` in the environment, `lab` hands you boto3 clients of your own account. Then
#
# - **the account** must be one that already uses Model Monitor;
# - **the role** needs S3, CloudWatch and ECR rights; `lab.role` makes a bare one, bring your own;
# - **the bucket** is yours, and captures arrive some minutes late;
# - **the clock is real**: `lab.clock` belongs to the local account. Take the time from `datetime.now(UTC)` and wait an hour for each month; a start may slip by 20 minutes;
# - **each job** takes minutes, because an instance must start;
# - **clean up**: an endpoint bills until it is deleted, and each schedule starts an instance every hour. Delete the schedule first: an endpoint with an active schedule cannot be deleted.
#
# The same calls in SageMaker's Python SDK. Version 2 is in maintenance. Version 3 has **no high-level monitor classes**; what remains are the resource classes of sagemaker-core:
#
# | boto3, as here | SDK v2 | SDK v3 |
# |---|---|---|
# | `DataCaptureConfig` | `DataCaptureConfig` | `EndpointConfig` |
# | `create_processing_job` for a baseline | `suggest_baseline` | `ProcessingJob` |
# | `create_data_quality_job_definition` | `DefaultModelMonitor` | `DataQualityJobDefinition` |
# | `create_model_quality_job_definition` | `ModelQualityMonitor` | `ModelQualityJobDefinition` |
# | `create_model_bias_job_definition` | `ModelBiasMonitor` | `ModelBiasJobDefinition` |
# | `create_model_explainability_...` | `ModelExplainabilityMonitor` | `ModelExplainabilityJobDefinition` |
# | `create_monitoring_schedule` | `create_monitoring_schedule` | `MonitoringSchedule` |
#
# What does one monitor cost? Look up the hourly price of the instance type on the [pricing page](https://aws.amazon.com/sagemaker/pricing/) and type it:

# %%
def monthly_cost(price_per_hour, minutes_per_job, jobs=1, executions_per_day=24):
    """What one schedule costs in 30 days; model quality and bias run two jobs an execution."""
    return price_per_hour * minutes_per_job / 60 * jobs * executions_per_day * 30


price_per_hour = 0.0
print("data quality: ", monthly_cost(price_per_hour, minutes_per_job=6))
print("model quality:", monthly_cost(price_per_hour, minutes_per_job=6, jobs=2))

# %% [markdown]
# Clean up as you would on AWS: schedules, then the endpoint, then the model.

# %%
schedules = sm.list_monitoring_schedules(EndpointName=endpoint)["MonitoringScheduleSummaries"]
for each in schedules:
    sm.delete_monitoring_schedule(MonitoringScheduleName=each["MonitoringScheduleName"])
sm.delete_endpoint(EndpointName=endpoint)
sm.delete_endpoint_config(EndpointConfigName=endpoint)
sm.delete_model(ModelName=model)
print(f"{endpoint} and its schedules are gone.")

# %% [markdown]
# ## Recap
#
# 1. We captured every request with an id, baselined April, and let a schedule compare five months with it.
# 2. The default threshold found the new repayment code and the jump in payments, and slept through a third more on the bills; we set a threshold just above chance.
# 3. Labels needed the right folder and the right id. The average then said "better than in April" while three of four defaulters with the new code were missed.
# 4. The bias monitor raised an alarm for good reason, and 400 clients made it look twice as large as it is. The ranking of features hardly moved.
# 5. A metric became an alarm, and each finding got a person and a next step. None of the steps was automatic.
#
# **Where next:** *Clarify* explains the metrics and SHAP values that two of these monitors are made of.
