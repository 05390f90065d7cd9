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
#     summary: "Find bias in a lender's model, make it smaller and pay the price, and tell one client why he was refused."
#     status: "closed to new customers since 30 July 2026; existing customers can continue"
#     checked: "2026-11-22"
# ---

# %% [markdown]
# # Clarify
#
# **After this lesson you can**
# - *measure* with a Clarify job whether a model treats two groups alike, and read the report the right way up;
# - *choose* the metric that fits a policy, make the gap smaller, and say what that costs;
# - *explain* a single refusal with SHAP values, and say what they do not mean.
#
# | This lesson | What to know |
# |---|---|
# | Time | 45 minutes, and 15 more for the quiz |
# | You need | a little pandas; no AWS account |
# | Status today | Clarify is **closed to new customers** since 30 July 2026; existing customers can continue, and no new features are planned ([AWS, availability change](https://docs.aws.amazon.com/sagemaker/latest/dg/clarify-availability-change.html), checked 2026-11-22). For bias AWS says to compute its published formulas with pandas and scikit-learn, for explanations to use the `shap` library, "the same engine". So everything here stays useful. |
# | On AWS this lab needs | an account that already uses Clarify, a role, a bucket, two training jobs and about six processing jobs, most of them with an endpoint for a few minutes |
# | Here it costs nothing | a local account on this machine answers the same boto3 calls, and really trains, serves, and computes every number |
# | Out of scope | text, image and time series explanations (section 8 says what Clarify does there); evaluating foundation models |

# %% [markdown]
# ## 1. Two letters
#
# A card lender offers some clients a larger credit line each month.
# A model gives each client a **probability of paying the next bill**, and above 0.80 the client is **approved**.
# This morning there are two letters on your desk.
#
# > *From the supervisor.* Does your model treat men and women, younger and older clients, alike? Please send figures.
#
# > *From client 24533.* I am 47 and I pay every bill. Why was I refused?
#
# The first letter asks about **groups**: that is bias. The second asks about **one person**: that is explanation.
# Clarify answers both with one kind of job:
#
# ```mermaid
# flowchart LR
#     D[(dataset: clients.csv)] --> J[Clarify processing job]
#     C[(analysis_config.json: your questions)] --> J
#     J -->|rows| E[Shadow endpoint with your model]
#     E -->|scores| J
#     J --> A[(analysis.json: metrics)]
#     J --> R[(report.html: for people)]
#     J --> S[(explanations_shap/out.csv: one line a client)]
# ```
#
# *In words: a data set and a file of questions go in; the job asks a temporary copy of your model for scores; three kinds of files come out.*

# %%
import copy
import itertools
import json
import math

import numpy as np
import pandas as pd
import sagelab

lab = sagelab.lab("clarify")
sm = lab.client("sagemaker")
lab

# %% [markdown]
# The table is real: 30,000 card clients of a lender in Taiwan, April to September 2005, and whether they paid in October
# ([UCI, Yeh and Lien 2009](https://archive.ics.uci.edu/dataset/350/default+of+credit+card+clients), CC BY 4.0).
# Nothing in it is invented, and nothing is made worse for this lesson.

# %%
clients = lab.table("credit_clients").set_index("ID")
clients["paid"] = 1 - clients["default"]
clients[["LIMIT_BAL", "SEX", "AGE", "PAY_0", "BILL_AMT1", "default", "paid"]].head(3)

# %% [markdown]
# `SEX` is 1 for a woman and 0 for a man. `PAY_0` is the repayment status in September: -1 paid duly, 2 two months late.
#
# The file's own label is `default`, where 1 is the *bad* outcome. We turned it around on purpose.
# **Three words decide every sign in a bias report**, so we fix them before we see any number:
#
# | Word | In Clarify | Here |
# |---|---|---|
# | favorable outcome | `label_values_or_threshold`: the label value that is *good for the person* | `paid` = 1; for the model: approved |
# | facet | the column with respect to which bias is measured | `SEX`, later `AGE` |
# | group d, and group a | `value_or_threshold` names d, the group **you worry about**; a is everybody else | d: men (`SEX` = 0), a: women |
#
# Naming a group d is a question, not a verdict.
#
# **Predict, before you run the next cell.** Who pays more often, women or men? And by age: do payments rise, fall, or neither?

# %%
sex = clients["SEX"].map({0: "men", 1: "women"})
clients["paid"].groupby(sex).agg(["mean", "size"]).round(3)

# %% [markdown]
# 3.4 points apart: that is why we call men group d. Now by age:

# %%
bands = pd.cut(clients["AGE"], [20, 25, 45, 80], labels=["21-25", "26-45", "46 and older"])
clients["paid"].groupby(bands).agg(["mean", "size"]).round(3)

# %% [markdown]
# Neither up nor down: those in the middle pay best, and **both ends** pay less often. Keep that in mind for exercise 2.

# %% [markdown]
# ## 2. A model to look at
#
# 20,000 clients to learn from, 10,000 held out to judge the model. The model gets eight columns, sex and age among them,
# because nobody stopped whoever built it.

# %%
FEATURES = ["LIMIT_BAL", "SEX", "AGE", "EDUCATION", "PAY_0", "PAY_2", "BILL_AMT1", "PAY_AMT1"]
COLUMNS = ["paid", *FEATURES]
held_out = clients.sample(10_000, random_state=8)[COLUMNS].astype({"AGE": float})
training = clients.drop(held_out.index)[COLUMNS].astype({"AGE": float})


def channel(name, table):
    folder = lab.put(f"data/{name}/{name}.csv", table).removesuffix(f"{name}.csv")
    source = {"S3DataType": "S3Prefix", "S3Uri": folder}
    return {"ChannelName": name, "DataSource": {"S3DataSource": source}}


channels = [channel("train", training), channel("validation", held_out)]
code = lab.code("train.py", "inference.py")

# %% [markdown]
# (`AGE` goes out with a decimal point. It will matter more than you think.)
#
# The training job is an ordinary one; its script is `train.py` of this lesson, which `print(lab.script("train.py"))` shows.

# %%
auc = {"Name": "validation:auc", "Regex": "validation-auc=([0-9.]+);"}
image = {"TrainingImage": lab.image("scikit-learn"), "TrainingInputMode": "File"}
training_request = {
    "RoleArn": lab.role,
    "AlgorithmSpecification": {**image, "MetricDefinitions": [auc]},
    "InputDataConfig": channels,
    "OutputDataConfig": {"S3OutputPath": f"s3://{lab.bucket}/models"},
    "ResourceConfig": {"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 5},
    "StoppingCondition": {"MaxRuntimeInSeconds": 600},
}

# %% [markdown]
# We put the call into a function, because we will train a second time.


# %%
def train(**hyperparameters):
    name = lab.unique("train")
    script = {"sagemaker_program": "train.py", "sagemaker_submit_directory": code}
    sm.create_training_job(
        TrainingJobName=name, HyperParameters={**script, **hyperparameters}, **training_request
    )
    sm.get_waiter("training_job_completed_or_stopped").wait(TrainingJobName=name)
    return sm.describe_training_job(TrainingJobName=name)


job = train()
job["TrainingJobStatus"], round(job["FinalMetricDataList"][0]["Value"], 3)


# %% [markdown]
# AUC 0.77: an honest model, neither good nor bad. Clarify wants it as a SageMaker **model**: a name for image, artifact and script.


# %%
def register(job):
    name = lab.unique("model")
    script = {"SAGEMAKER_PROGRAM": "inference.py", "SAGEMAKER_SUBMIT_DIRECTORY": code}
    container = {"Image": lab.image("scikit-learn"), "Environment": script}
    container["ModelDataUrl"] = job["ModelArtifacts"]["S3ModelArtifacts"]
    sm.create_model(ModelName=name, ExecutionRoleArn=lab.role, PrimaryContainer=container)
    return name


model = register(job)
model

# %% [markdown]
# ## 3. Ask about groups: a bias job
#
# Everything that you want to know goes into one file, `analysis_config.json`.
# Read it line by line: it is the first letter, in Clarify's words.

# %%
sex_facet = {"name_or_index": "SEX", "value_or_threshold": [0]}
age_facet = {"name_or_index": "AGE", "value_or_threshold": [45]}
bias_config = {
    "dataset_type": "text/csv", "headers": COLUMNS,
    "label": "paid",
    "label_values_or_threshold": [1],
    "facet": [sex_facet, age_facet],
    "group_variable": "EDUCATION",
    "probability_threshold": 0.8,
}

# %% [markdown]
# - `facet`: for a category the list names group d, here men. For a number it is a threshold, and d is everybody **above** it: clients over 45.
#   (One page of AWS's guide calls this the group that bias *favors*. AWS's SDK says "sensitive group", and AWS's open-source library computes with it as d. We did the same with both, and d it is.)
# - `probability_threshold`: above 0.8 the score counts as approved. Leave it out and Clarify takes 0.5, and measures a policy that nobody has.
# - `group_variable`: the strata for the two conditional metrics.
#
# Two things are left to say: which model to ask, and what to compute.

# %%
bias_config["predictor"] = {
    "model_name": model, "initial_instance_count": 1,
    "instance_type": "ml.m5.large", "accept_type": "text/csv",
}
bias_config["methods"] = {
    "pre_training_bias": {"methods": "all"},
    "post_training_bias": {"methods": "all"},
    "report": {"name": "report", "title": "Larger credit lines: bias"},
}

# %% [markdown]
# `model_name` makes the job start a **shadow endpoint** with this model and delete it at the end. `endpoint_name` would use a running endpoint instead, and fill its captured data with the job's rows.
#
# Now the job. It is an ordinary processing job with AWS's image. Three names in it are fixed: the inputs `analysis_config` and `dataset`, and the output `analysis_result`.


# %%
def file_input(name, uri):
    where = {"S3Uri": uri, "LocalPath": f"/opt/ml/processing/input/{name}"}
    kind = {"S3DataType": "S3Prefix", "S3InputMode": "File"}
    return {"InputName": name, "S3Input": {**where, **kind}}


def outputs(uri):
    where = {"S3Uri": uri, "LocalPath": "/opt/ml/processing/output", "S3UploadMode": "EndOfJob"}
    return {"Outputs": [{"OutputName": "analysis_result", "S3Output": where}]}


machine = {"InstanceType": "ml.m5.xlarge", "InstanceCount": 1, "VolumeSizeInGB": 20}

# %% [markdown]
# The config goes to S3 as a file, and the request points to it.


# %%
def clarify_request(config, dataset):
    name = lab.unique("clarify")
    config_uri = lab.put(f"{name}/analysis_config.json", json.dumps(config, indent=1))
    return {
        "ProcessingJobName": name, "RoleArn": lab.role,
        "AppSpecification": {"ImageUri": lab.image("clarify")},
        "ProcessingInputs": [file_input("analysis_config", config_uri), file_input("dataset", dataset)],
        "ProcessingOutputConfig": outputs(f"s3://{lab.bucket}/{name}/result"),
        "ProcessingResources": {"ClusterConfig": machine},
    }


# %% [markdown]
# Start it, wait for its end, and ask how it went:


# %%
def run(request):
    name = {"ProcessingJobName": request["ProcessingJobName"]}
    sm.create_processing_job(**request)
    return lab.wait_for(
        lambda: sm.describe_processing_job(**name), seconds=3600,
        until=lambda job: job["ProcessingJobStatus"] in {"Completed", "Failed", "Stopped"},
    )


dataset = lab.put("data/clarify/held_out.csv", held_out, header=False)
bias_job = run(clarify_request(bias_config, dataset))
bias_job["ProcessingJobStatus"]

# %% [markdown]
# What has it written?


# %%
def result_of(job):
    return job["ProcessingOutputConfig"]["Outputs"][0]["S3Output"]["S3Uri"]


lab.list(result_of(bias_job))

# %% [markdown]
# Open the file as it is; this is all of AWS's format, two sections with the same shape:

# %%
print(lab.get(f"{result_of(bias_job)}/analysis.json").decode()[:900])

# %% [markdown]
# And the report for people, in a frame (scroll in it):

# %%
import html

from IPython.display import HTML

page = html.escape(lab.get(f"{result_of(bias_job)}/report.html").decode())
frame = f'<iframe title="Clarify report" srcdoc="{page}" width="100%" height="420"></iframe>'
HTML(f"<div>{frame}</div>")

# %% [markdown]
# For work you want a table. Each facet holds a list of groups; we asked for one group each.


# %%
def metrics(job, stage, facet):
    analysis = lab.get_json(f"{result_of(job)}/analysis.json")
    (group,) = analysis[f"{stage}_training_bias_metrics"]["facets"][facet]
    values = {metric["name"]: metric["value"] for metric in group["metrics"]}
    return pd.Series(values, name=f"{facet} {group['value_or_threshold']}", dtype=float)


pd.concat([metrics(bias_job, "pre", "SEX"), metrics(bias_job, "pre", "AGE")], axis=1).round(3)

# %% [markdown]
# **Before training**: the record, without any model. First read the column heads. `SEX 0`: men are group d. `AGE (45.0, ...]`: an interval, so the threshold was taken as a threshold.
#
# | Metric | Question | For `SEX` |
# |---|---|---|
# | `CI` | Is d the smaller group? (a - d) / (a + d), **counts people only** | 0.21: fewer men than women |
# | `DPL` | How far apart are the shares that paid? a - d | 0.030: women paid 3 points more often |
# | `KL` `JS` `LP` `TVD` `KS` | How far apart are the two distributions of outcomes? No direction | all small; with two outcomes `TVD` and `KS` are just the size of `DPL` |
# | `CDDL` | Are men over-represented among those who did not pay, *within* each level of education? | 0.040: yes, so schooling alone does not explain it |
#
# **Predict.** The record has a gap of 3 points. The model learned from it. At its threshold of 0.80, is the gap in *approvals* smaller, equal, or larger?

# %%
pd.concat([metrics(bias_job, "post", "SEX"), metrics(bias_job, "post", "AGE")], axis=1).round(3)

# %% [markdown]
# **After training**: what the model does. `DPPL` for men is 0.08. The model has made a gap of 3 points in the record into one of **8 points** in approvals.
# (Do not read the third digit. With twenty other random splits we got 5 to 11 points, always more than the record's.)
#
# | Metric | Question | For `SEX` |
# |---|---|---|
# | `DPPL` | Approved: how many points more often is a? | 0.08 |
# | `DI` | The same as a ratio d / a. **Fair is 1**, not 0 | 0.88: for 100 approvals of women, 88 of men |
# | `RD` | Of those who **would pay**: how much more often is a approved? (recall) | 0.07: seven more good payers in a hundred are refused among men |
# | `DAR` | Of those **approved**: how much more often does a pay? (precision) | 0.01: approved men pay slightly *less* often |
# | `SD` `DRR` | The same two questions for those who would not pay, and for the refused. Both are **d - a** | 0.06 and about 0 |
# | `AD` | How much more often is the model right about a? (accuracy) | 0.05 |
# | `DCA` `DCR` `TE` | Ratios: observed to predicted outcomes, and the two kinds of error to each other | -0.10, -0.06, 0.71 |
# | `CDDPL` | As `CDDL`, for the approvals | 0.09 |
# | `GE` | How unevenly is the benefit of the model spread over all clients? Ignores the groups | 0.17 |
# | `FT` | Do a man's nearest neighbors among women get another answer? | -0.10; see below |
#
# Clients over 45 fare much like men: their `DI` is 0.88 as well, from a gap of 4 points in the record.
#
# `FT` has two snags. Neighbors are found by plain distance, so the credit limit, in hundreds of thousands, drowns everything else.
# And AWS's guide defines it with the opposite sign of AWS's open-source library, which this lab follows. We leave it alone.

# %% [markdown]
# ## 4. Two fair people, opposite advice
#
# Look at `RD` and `DAR` again. A board member who says "a good payer must have the same chance, man or woman" reads `RD` = 0.07: approve **more** men.
# A risk officer who says "an approval must mean the same risk" reads `DAR` = 0.01: approved men already pay less often, so approve **fewer** men.
# Both are fair people, and they want opposite things.
#
# Let us look closer. The training job has left the model in S3; we take it from there and score the held-out clients.


# %%
import io
import tarfile

import joblib


def model_of(job):
    archive = io.BytesIO(lab.get(job["ModelArtifacts"]["S3ModelArtifacts"]))
    with tarfile.open(fileobj=archive) as tar:
        return joblib.load(tar.extractfile("model.joblib"))


def scores_of(model):
    return model.predict_proba(held_out[FEATURES].to_numpy(float))[:, 1]


# %% [markdown]
# Two marks for each client: a man? somebody who would pay?

# %%
first_model = model_of(job)
scores = scores_of(first_model)
man, payer = (held_out["SEX"] == 0).to_numpy(), (held_out["paid"] == 1).to_numpy()

# %% [markdown]
# And the three gaps for any rule of approval: among all, among those who would pay, among the approved.


# %%
def women_ahead(counted, among):
    return counted[among & ~man].mean() - counted[among & man].mean()


def three_gaps(approved):
    everybody = np.full(len(approved), True)
    return {
        "DPPL": women_ahead(approved, everybody),
        "RD": women_ahead(approved, payer),
        "DAR": women_ahead(payer, approved),
    }


# %% [markdown]
# Now move the threshold for men only, from 0.74 to 0.82. Women stay at 0.80.

# %%
moved = np.arange(0.74, 0.821, 0.01)
rows = [three_gaps(scores > np.where(man, threshold, 0.8)) for threshold in moved]
gaps_moved = pd.DataFrame(rows, index=moved.round(2))
gaps_moved.round(3)

# %% [markdown]
# **Predict.** Is there a row in which all three are zero? Look at the signs. Then draw it:


# %%
import base64

import matplotlib.pyplot as plt


def show(figure, alt):
    png = io.BytesIO()
    figure.savefig(png, format="png", bbox_inches="tight", dpi=80)
    plt.close(figure)
    data = base64.b64encode(png.getvalue()).decode()
    return HTML(f'<img alt="{alt}" src="data:image/png;base64,{data}">')


# %% [markdown]
# (`show` only puts a text beside the picture, for those who cannot see it.)

# %%
figure, axes = plt.subplots(figsize=(7, 3.6))
for (name, line), style in zip(gaps_moved.items(), ["o-", "s--", "^:"], strict=True):
    axes.plot(moved, line, style, label=name)
axes.axhline(0, color="gray", linewidth=1)
axes.set(xlabel="threshold for men (women: 0.80)", ylabel="gap, women - men")
axes.set_title("No threshold brings all three to zero")
axes.legend()
show(figure, "Three lines. As the threshold for men goes down, DPPL and RD fall through zero "
     "near 0.76, not at the same place, while DAR rises from 0.01 to 0.025.")

# %% [markdown]
# Going left, to a lower threshold for men, `DPPL` and `RD` fall and cross zero near 0.76, but **not at the same place**. `DAR` climbs all the way.
# The reason is arithmetic, not this model. Were approvals *and* risk equal, the same share of women and of men would be approved and pay;
# measured against unequal shares of good payers, that is unequal recall. While the record is unequal, the three cannot all be zero.
# AWS says the same of its metrics: they "cannot all be satisfied simultaneously". Somebody must choose, and sign it.

# %% [markdown]
# ## 5. Make the gap smaller, and pay for it
#
# A threshold for each sex is easy to build and hard to defend: two people with the same score are treated differently because of their sex. Ask a lawyer first.
# **Reweighing** works earlier. Before training, each row gets a weight so that sex and payment look independent:
#
# $$w(\text{group}, \text{label}) = \frac{P(\text{group}) \cdot P(\text{label})}{P(\text{group and label})}$$
#
# Men who paid count a little more, women who paid a little less. `train.py` does it when you ask for it; it is [the idea of Kamiran and Calders](https://doi.org/10.1007/s10115-011-0463-8).
#
# **Predict.** The weights lie between 0.91 and 1.07. Will such a small push change `DPPL` at all? And what will it cost in AUC?

# %%
reweighed_job = train(reweigh="SEX")
reweighed_config = copy.deepcopy(bias_config)
reweighed_config["predictor"]["model_name"] = register(reweighed_job)
reweighed_config["methods"] = {"post_training_bias": {"methods": ["DPPL", "DI", "RD", "DAR", "AD"]}}
reweighed_bias_job = run(clarify_request(reweighed_config, dataset))
before_after = {"as built": metrics(bias_job, "post", "SEX")}
before_after["reweighed"] = metrics(reweighed_bias_job, "post", "SEX")
pd.DataFrame(before_after).loc[["DPPL", "DI", "RD", "DAR", "AD"]].round(3)

# %% [markdown]
# The gap in approvals is less than half of what it was, near the 3 points of the record, and `DI` has gone from 0.88 to 0.94. `DAR` has hardly moved.
# Now the price. Type your own two numbers into the first line: what does a client who pays earn you, and what does a default cost?

# %%
gain_per_payer, loss_per_default = 1.0, 4.0

reweighed_scores = scores_of(model_of(reweighed_job))
both = [scores > 0.8, reweighed_scores > 0.8]
price = pd.DataFrame(index=["as built", "reweighed"])
price["approved, pay"] = [(ok & payer).sum() for ok in both]
price["approved, default"] = [(ok & ~payer).sum() for ok in both]
price["result"] = price["approved, pay"] * gain_per_payer - price["approved, default"] * loss_per_default
price["AUC"] = [one_job["FinalMetricDataList"][0]["Value"] for one_job in (job, reweighed_job)]
price.round(4)

# %% [markdown]
# About the same number of approvals, and about as many defaults among them. Here fairness was nearly free, because the model leaned on `SEX` more than it needed to.
# But it is not free for everybody:

# %%
then, now = both
changed = pd.DataFrame({"lose the approval": then & ~now, "gain it": ~then & now})
changed.groupby(np.where(man, "men", "women")).sum()

# %% [markdown]
# More than a hundred women who were approved are now refused, and more than a hundred men gain an approval. Each of them is a person who may write a letter. That is the real price, and no metric shows it.
#
# *And simply dropping `SEX`?* We tried: `DPPL` falls from 0.08 to 0.06 only. Limits, bills and payments carry traces of sex. A model that does not see a column is not a model that is fair to it.

# %% [markdown]
# ## 6. Ask about one person: a SHAP job
#
# The second letter. A **Shapley value** shares out a difference: between the score of a **baseline** (here a typical client) and the score of this client.
# For each feature it asks: *what happens to the score if this feature changes from the baseline's value to the client's?* The answer depends on which others have changed already, so it averages over all orders.
#
# Eight features mean 2⁸ = 256 coalitions, few enough to look at all. With many features Clarify's Kernel SHAP samples, and `num_samples` says how much.

# %%
explained = held_out[FEATURES].head(200)
typical = training[FEATURES].median()
typical

# %% [markdown]
# The baseline is the median client, a woman of 34 with a limit of 140,000 and no late payment.

# %%
shap_config = {"dataset_type": "text/csv", "headers": FEATURES}
shap_config["predictor"] = bias_config["predictor"]
shap_config["methods"] = {
    "shap": {
        "baseline": [typical.tolist()], "num_samples": 256, "seed": 1,
        "agg_method": "mean_abs", "save_local_shap_values": True,
    },
    "pdp": {"features": ["PAY_0", "BILL_AMT1", "SEX"], "grid_resolution": 10},
}

# %% [markdown]
# Run it for 200 of the held-out clients. Their file holds no label: an explanation is about the model, not about the truth.

# %%
explained_file = lab.put("data/clarify/explained.csv", explained, header=False)
shap_job = run(clarify_request(shap_config, explained_file))
shap_job["ProcessingJobStatus"]

# %% [markdown]
# **Global** values first: the mean size of each feature's effect, without direction.

# %%
explanations = lab.get_json(f"{result_of(shap_job)}/analysis.json")["explanations"]
(kernel_shap,) = explanations["kernel_shap"].values()
base = kernel_shap["expected_value"]
print(f"The typical client scores {base:.3f}.")
pd.Series(kernel_shap["global_shap_values"]).sort_values(ascending=False).round(4)

# %% [markdown]
# What a client did last month, his limit and his bill count most. `SEX` and `AGE` look tiny: half a point each.
# **Do not stop here.** A bias of 8 points came out of "half a point", because more than a quarter of all clients score within 0.05 of the threshold, and there a small push decides.
#
# **Local** values: one line a client, signed, in units of the score.

# %%
local = pd.read_csv(io.BytesIO(lab.get(f"{result_of(shap_job)}/explanations_shap/out.csv")))
local = local.iloc[:, : len(FEATURES)].set_axis(FEATURES, axis=1).set_index(explained.index)
local.loc[[24533]].round(3)

# %% [markdown]
# There is client 24533. Check the bookkeeping before you trust it: baseline plus his values must give the model's own score. This is called **efficiency**, and it holds for everyone:

# %%
shown_scores = pd.Series(scores[:200], index=explained.index)
his = local.loc[24533].sum()
print(f"{base:.4f} {his:+.4f} = {base + his:.4f}; the model says {shown_scores[24533]:.4f}")
miss = base + local.sum(axis=1) - shown_scores
print(f"largest miss over 200 clients: {miss.abs().max():.1e}")

# %% [markdown]
# Is that magic? No, ten lines. Here is the definition, by brute force over all coalitions:


# %%
def shapley(score, client, baseline):
    n = len(client)
    inside = np.array(list(itertools.product([False, True], repeat=n)))
    worth = score(np.where(inside, client, baseline))
    values = []
    for feature in range(n):
        without = np.flatnonzero(~inside[:, feature])
        weight = [1 / (n * math.comb(n - 1, size)) for size in inside[without].sum(axis=1)]
        values.append(weight @ (worth[without + 2 ** (n - 1 - feature)] - worth[without]))
    return np.array(values)


# %% [markdown]
# `inside` lists the coalitions; the features outside have the baseline's value. Each feature's value is a weighted mean of what it adds to every coalition without it.
# Compare with what the job wrote for him:


# %%
def score(rows):
    return first_model.predict_proba(rows)[:, 1]


him = explained.loc[24533].to_numpy(float)
by_hand = shapley(score, him, typical.to_numpy(float))
print(f"largest difference to Clarify: {np.abs(by_hand - local.loc[24533]).max():.1e}")

# %% [markdown]
# Now look around yourself. The explorer holds the 200 clients and their values from the job.
#
# 1. **Beeswarm**: one dot a client. Find `PAY_0`: which side are the late payers on?
# 2. **Waterfall**: choose client 24533, and follow his score from 0.89 down to 0.79.
# 3. **Dependence**: choose `LIMIT_BAL`. Where does a higher limit stop helping?

# %%
import sagelab_widgets

sagelab_widgets.ShapExplorer(explained, local.to_numpy(), base, "probability of paying")

# %% [markdown]
# Late payers lie far to the left: `PAY_0` of 2 or more takes 0.28 to 0.53 away. A higher limit helps up to about 200,000, and little beyond.
# And client 24533? His small bill cost him 0.11: he owed 229 in September, and the model likes clients who use their card. Then come his age (-0.03) and his sex (-0.02).
# He missed the threshold by 0.01. **Either of the two was enough to refuse him.** Ask the model directly:

# %%
twin = pd.DataFrame([him] * 3, columns=FEATURES, index=["himself", "as a woman", "at 34"])
twin.loc["as a woman", "SEX"], twin.loc["at 34", "AGE"] = 1, 34
twin[["SEX", "AGE"]].assign(score=score(twin.to_numpy())).round(3)

# %% [markdown]
# He has paid every bill in full, and he paid in October as well. This is what 8 points of `DPPL` look like from close up.
#
# ### Another baseline, another story
# A SHAP value answers "compared with whom?". A lawyer suggests to compare him with a typical client *of his own sex and age*, "which is only fair".
#
# **Predict.** What will happen to his values for `SEX` and `AGE`?

# %%
peer = typical.copy()
peer[["SEX", "AGE"]] = 0, 47
compared = pd.DataFrame({"typical client": by_hand}, index=FEATURES)
compared["typical man of 47"] = shapley(score, him, peer.to_numpy(float))
compared.loc["baseline score"] = score(np.array([typical, peer], dtype=float))
compared.round(3)

# %% [markdown]
# Exactly 0: where client and baseline agree, a feature has nothing to explain. The numbers still add up, and the two reasons that matter have vanished from the letter.
# The same happens by accident: with our typical *woman* as the baseline, every woman has 0 for `SEX`. Always publish the baseline with the values.
#
# ### Partial dependence
# One more view, from the same job: set **one** feature to a value for everybody, and average the scores.

# %%
figure, panels = plt.subplots(1, 3, figsize=(10, 2.8), sharey=True)
for panel, curve in zip(panels, explanations["pdp"], strict=True):
    panel.plot(curve["feature_values"], curve["model_predictions"][0], "o-")
    panel.set(xlabel=curve["feature_name"])
panels[0].set_ylabel("average score")
show(figure, "Three plots of average scores. PAY_0: high up to 0, then a steep fall. "
     "BILL_AMT1: nearly flat. SEX: women about one point above men.")

# %% [markdown]
# Two months late costs an average client over 40 points; nothing else comes near. The step for `SEX` is about one point. It is an average: it says nothing about client 24533.
# And it mixes columns freely: a client with a large bill and no limit does not exist, but the average counts him.

# %% [markdown]
# ## 7. Your turn
#
# Five exercises, checked at once, and one answer that a person reads. `lab.hint("gaps")` helps; `lab.solution("gaps")` opens after a try.
#
# ### Exercise 1: the arithmetic (3 points)
# AWS's advice to new customers: write the formulas yourself. So write `gaps`. It gets a table, the name of an **outcome** column, the value that is **good** for a person,
# the **facet** column and the value of **group d**, and returns a dictionary with
# - `"CI"`: (a - d) / (a + d), in people;
# - `"difference"`: the share of group a with the good outcome minus that of group d (`DPL` for a label, `DPPL` for approvals);
# - `"ratio"`: d's share over a's share (`DI` for approvals).
#
# The good value is not always 1: for the column `default` it is 0.


# %% solution="gaps"
def gaps(table, outcome, good, facet, group_d):
    ### BEGIN SOLUTION
    is_d = table[facet] == group_d
    is_good = table[outcome] == good
    in_a, in_d = is_good[~is_d].mean(), is_good[is_d].mean()
    return {
        "CI": ((~is_d).sum() - is_d.sum()) / len(table),
        "difference": in_a - in_d,
        "ratio": in_d / in_a,
    }
    ### END SOLUTION


# %% tests="gaps" points=3
answer = gaps(held_out.assign(approved=scores > 0.8), "approved", True, "SEX", 0)
assert isinstance(answer, dict) and set(answer) == {"CI", "difference", "ratio"}, "return a dictionary with CI, difference and ratio"
report = metrics(bias_job, "pre", "SEX")["CI"], *metrics(bias_job, "post", "SEX")[["DPPL", "DI"]]
assert not math.isclose(answer["CI"], -report[0], abs_tol=1e-9), "CI has the wrong sign: group_d is group d, everybody else is group a, and CI is a minus d"
assert math.isclose(answer["CI"], report[0], abs_tol=1e-9), "CI counts people in the two groups; outcomes play no part in it"
refused = (scores[man] <= 0.8).mean() / (scores[~man] <= 0.8).mean()
assert not math.isclose(answer["ratio"], refused, abs_tol=1e-9), "you count the refused: good says which outcome is good for the person, and that is the one to count"
assert not math.isclose(answer["difference"], -report[1], abs_tol=1e-9), "the difference has the wrong sign: it is group a minus group d"
assert math.isclose(answer["difference"], report[1], abs_tol=1e-9), "the difference is not Clarify's DPPL: divide each group's good outcomes by that group's own size"
assert not math.isclose(answer["ratio"], 1 / report[2], abs_tol=1e-9), "the ratio is upside down: d's share over a's share"
assert math.isclose(answer["ratio"], report[2], abs_tol=1e-9), "the ratio is not Clarify's DI: divide the share of d by the share of a, not counts"
same, turned = gaps(clients, "paid", 1, "SEX", 0), gaps(clients, "default", 0, "SEX", 0)
assert math.isclose(same["difference"], turned["difference"], abs_tol=1e-9), "with the column default the good value is 0: use the argument good"
### BEGIN HIDDEN TESTS
small = pd.DataFrame({"g": ["d"] * 40 + ["a"] * 60, "y": ["yes"] * 10 + ["no"] * 30 + ["yes"] * 36 + ["no"] * 24})
found = gaps(small, "y", "yes", "g", "d")
for name, value in {"CI": 0.2, "difference": 0.35, "ratio": 0.25 / 0.6}.items():
    assert math.isclose(found[name], value, abs_tol=1e-9), f"{name} is wrong for groups and outcomes that are texts"
### END HIDDEN TESTS
assert math.isclose(turned["ratio"], same["ratio"], abs_tol=1e-9), "the ratio of default with good=0 must equal the ratio of paid with good=1"

# %% [markdown]
# ### Exercise 2: the question about the young (3 points)
# The supervisor writes again: *And your clients of 25 and younger?* A threshold cannot ask this: it always makes those **above** it group d.
# But a list of several values makes a category, also for a number column: d is then everybody with one of these values. The youngest client is 21.
#
# Complete `young_config`, the `analysis_config` for this question: the facet `AGE` alone, everything else as the lender's policy wants it, and only the metrics
# `CI` and `DPL` before training, `DPPL`, `DI` and `RD` after.

# %% solution="young"
young_config = copy.deepcopy(bias_config)
del young_config["methods"]["report"]
### BEGIN SOLUTION
young_config["facet"] = [{"name_or_index": "AGE", "value_or_threshold": [21, 22, 23, 24, 25]}]
young_config["methods"]["pre_training_bias"]["methods"] = ["CI", "DPL"]
young_config["methods"]["post_training_bias"]["methods"] = ["DPPL", "DI", "RD"]
### END SOLUTION

# %% tests="young" points=3
assert isinstance(young_config, dict) and isinstance(young_config.get("facet"), list), "facet is a list with one entry for each facet"
assert [entry.get("name_or_index") for entry in young_config["facet"]] == ["AGE"], "the facet is the column AGE, and only this one: it is what the supervisor asks about"
values = young_config["facet"][0].get("value_or_threshold")
assert isinstance(values, list) and values, "value_or_threshold is missing: without it Clarify does not know who group d is"
assert len(values) > 1, "one number is a threshold: then group d is everybody older than it, and the young are group a"
group_d = held_out["AGE"].isin([float(value) for value in values])
assert held_out.loc[group_d, "AGE"].max() <= 25, "your group d holds clients older than 25"
assert group_d.sum() == (held_out["AGE"] <= 25).sum(), "your group d misses some clients of 25 and younger: range() stops before its end"
assert young_config.get("label") == "paid" and young_config.get("label_values_or_threshold") == [1], "the favorable outcome is paid = 1, as before; the facet has changed, not the label"
assert young_config.get("probability_threshold") == 0.8, "the lender approves above 0.8; without probability_threshold Clarify takes 0.5"
methods = young_config["methods"]
assert sorted(methods.get("pre_training_bias", {}).get("methods", [])) == ["CI", "DPL"], "before training the supervisor wants CI and DPL, as a list of names"
assert sorted(methods.get("post_training_bias", {}).get("methods", [])) == ["DI", "DPPL", "RD"], "after training the supervisor wants DPPL, DI and RD, as a list of names"
assert bias_config["facet"][0]["name_or_index"] == "SEX", "you have changed bias_config too: work on the copy"

# %% [markdown]
# Run it. **Predict**: is `DI` of the young above or below 1?
# (The copy has no `report`: it takes longer than all metrics together, and you have seen one.)

# %%
young_job = run(clarify_request(young_config, dataset))
pd.concat([metrics(young_job, "pre", "AGE"), metrics(young_job, "post", "AGE")]).round(3)

# %% [markdown]
# Below: the young are approved much less often than the rest. So are those over 45. The one threshold of section 3 had put the young into group a, next to those in the middle, and hid them.
# A facet is a question; look at the data before you ask it.

# %% [markdown]
# ### Exercise 3: a broken job (4 points)
# A colleague copied your job for another team and calls for help. This is what he sends, and what happens:

# %%
broken_config = copy.deepcopy(bias_config)
broken_config["headers"] = [*FEATURES, "paid"]
broken_config["facet"] = [{"name_or_index": "GENDER", "value_or_threshold": [0]}]
del broken_config["methods"]["report"]
broken_request = clarify_request(broken_config, dataset)
broken_request["NetworkConfig"] = {"EnableNetworkIsolation": True}
broken_job = run(broken_request)
print(broken_job["ProcessingJobStatus"], "because", broken_job["FailureReason"])
print("first line of the file:", lab.get(dataset).decode().splitlines()[0])

# %% [markdown]
# Write `repair`: it takes such a config and such a request and returns both, repaired, without changing what it was given.
#
# There are **three** faults, and each hides the next.
# 1. The `FailureReason` above names the first.
# 2. Once that is mended, the job reads its data and fails on the way to its scores. How does a Clarify job get them? The guide's page on
#    [configuring a job](https://docs.aws.amazon.com/sagemaker/latest/dg/clarify-processing-job-configure-parameters.html) says what it needs.
# 3. Then it fails with *No predicted label is positive*. That message points to the model, and the model is fine. Compare `headers` with the first line of the file.


# %% solution="repair"
def repair(config, request):
    ### BEGIN SOLUTION
    config, request = copy.deepcopy(config), copy.deepcopy(request)
    config["facet"][0]["name_or_index"] = "SEX"
    config["headers"] = ["paid", *FEATURES]
    request["NetworkConfig"]["EnableNetworkIsolation"] = False
    return config, request
    ### END SOLUTION


# %% tests="repair" points=4
given = copy.deepcopy((broken_config, broken_request))
answer = repair(broken_config, broken_request)
assert isinstance(answer, tuple) and len(answer) == 2 and all(isinstance(part, dict) for part in answer), "return the config and the request, both as dictionaries"
assert (broken_config, broken_request) == given, "repair has changed what it was given; work on deep copies"
mended_config, mended_request = answer
assert mended_config["facet"] == [{"name_or_index": "SEX", "value_or_threshold": [0]}], "the facet must be a column of the file, and group d must still be men: SEX, value 0"
assert mended_config["headers"] != [*FEATURES, "paid"], "headers still puts paid last; in the file it comes first, so a payment is read as the label, and every other column as its neighbor"
assert mended_config["headers"] == COLUMNS, "headers must name the nine columns in the order of the file"
assert mended_config["label"] == "paid" and mended_config["label_values_or_threshold"] == [1], "the label was right: paid, favorable value 1"
assert mended_config.get("predictor") == broken_config["predictor"], "the predictor was right; without it there are no post-training metrics"
assert not mended_request.get("NetworkConfig", {}).get("EnableNetworkIsolation", False), "the job is still isolated: it cannot reach the endpoint that gives it scores"
assert mended_request["ProcessingInputs"] == broken_request["ProcessingInputs"], "the inputs were right: leave their fixed names and places alone"

# %% [markdown]
# A repaired config is a new file, and a job name can be used once. So we make a new request, take over your network settings, and run it:

# %%
fresh_request = clarify_request(mended_config, dataset)
if "NetworkConfig" in mended_request:
    fresh_request["NetworkConfig"] = mended_request["NetworkConfig"]
mended_job = run(fresh_request)
mended_job["ProcessingJobStatus"], metrics(mended_job, "post", "SEX")[["DPPL", "DI"]].to_dict()

# %% [markdown]
# The same numbers as in section 3. On AWS the way to keep such a job off the internet is a VPC (`VpcConfig`) with endpoints for S3, SageMaker and its runtime, not isolation.

# %% [markdown]
# ### Exercise 4: a gate for the pipeline (3 points)
# The board has written down its policy. It protects **both** groups:
#
# | Rule | In words |
# |---|---|
# | `approvals` | neither group's approval rate is below 0.9 of the other's |
# | `good payers` | of those who would pay, the approved shares of the two groups differ by at most 0.05 |
# | `same risk` | of those approved, the paying shares of the two groups differ by at most 0.015 |
#
# Write `breaches`: it gets the post-training metrics of one facet by name, and returns the list of rules that are broken, in the order of the table.


# %% solution="breaches"
def breaches(found):
    ### BEGIN SOLUTION
    broken = {
        "approvals": not 0.9 <= found["DI"] <= 1 / 0.9,
        "good payers": abs(found["RD"]) > 0.05,
        "same risk": abs(found["DAR"]) > 0.015,
    }
    return [rule for rule, is_broken in broken.items() if is_broken]
    ### END SOLUTION


# %% tests="breaches" points=3
fair = {"DPPL": 0.0, "DI": 1.0, "RD": 0.0, "DAR": 0.0, "AD": 0.0, "SD": 0.0, "DRR": 0.0}
assert isinstance(breaches(fair), list), "return a list of the names of broken rules, empty if none is"
assert not any(isinstance(rule, bool) for rule in breaches(fair)), "return the names of the broken rules, not True or False for each rule"
assert breaches(fair) == [], "nothing is broken when DI is 1 and all differences are 0: DI is a ratio, and fair is 1"
assert breaches({**fair, "DI": 0.85}) == ["approvals"], "DI = 0.85 breaks the rule of approvals, and only this one: the rule speaks of a ratio of approval rates"
assert breaches({**fair, "DI": 1.2}) == ["approvals"], "DI = 1.2 means that group a's rate is 0.83 of group d's: the rule protects both groups"
assert breaches({**fair, "DI": 1.1}) == [], "DI = 1.1 means that group a's rate is 0.91 of group d's, and that is allowed: turn the ratio around"
assert breaches({**fair, "RD": 0.07}) == ["good payers"], "of those who would pay, the share approved: this is recall, RD"
assert breaches({**fair, "RD": -0.07}) == ["good payers"], "RD = -0.07 is as far from 0 as 0.07: the rule protects both groups"
assert breaches({**fair, "DAR": 0.02}) == ["same risk"], "of those approved, the share that pays: this is precision, DAR"
assert breaches({**fair, "DPPL": 0.3, "AD": 0.3, "SD": 0.3, "DRR": 0.3}) == [], "the policy says nothing of DPPL, AD, SD or DRR: do not use them"
### BEGIN HIDDEN TESTS
assert breaches({**fair, "DAR": -0.02}) == ["same risk"], "DAR = -0.02 is as far from 0 as 0.02: the rule protects both groups"
assert breaches({**fair, "RD": 0.05, "DAR": 0.015, "DI": 0.9}) == [], "the limits themselves are allowed"
### END HIDDEN TESTS
assert breaches({**fair, "DI": 0.5, "RD": 0.2, "DAR": -0.1}) == ["approvals", "good payers", "same risk"], "return the names of the rules in the order of the table"

# %% [markdown]
# Put three candidates through your gate: the model as built, the reweighed one, and a lower threshold for men.

# %%
lower_for_men = scores > np.where(man, 0.76, 0.8)
ratio = lower_for_men[man].mean() / lower_for_men[~man].mean()
candidates = {
    "as built": metrics(bias_job, "post", "SEX"),
    "reweighed": metrics(reweighed_bias_job, "post", "SEX"),
    "men from 0.76": {**three_gaps(lower_for_men), "DI": ratio},
}
{name: breaches(found) for name, found in candidates.items()}

# %% [markdown]
# The threshold for men gives the prettiest `DI` of all, and fails on risk. Only one candidate passes this policy. Another board could write another one.

# %% [markdown]
# ### Exercise 5: reasons for a letter (3 points)
# Many lenders owe a refused client the main reasons. Write `reasons`: it gets the baseline's score, the client's SHAP values (a pandas Series by feature name) and the model's score.
# - If baseline plus values miss the score by more than 0.000001, raise a `ValueError`: such values must not leave the house.
# - Else return the names of **at most three** features that **lowered** the score, the strongest first.


# %% solution="reasons"
def reasons(base, values, score):
    ### BEGIN SOLUTION
    if abs(base + values.sum() - score) > 1e-6:
        raise ValueError("the SHAP values do not add up to the score")
    return values[values < 0].sort_values().index[:3].tolist()
    ### END SOLUTION


# %% tests="reasons" points=3
someone = pd.Series({"LIMIT_BAL": 0.25, "SEX": -0.01, "AGE": -0.02, "PAY_0": -0.30, "BILL_AMT1": -0.10})


def answer_of(base, values, score):
    try:
        return reasons(base, values, score)
    except ValueError:
        return "ValueError"


answer = answer_of(0.9, someone, 0.72)
assert not isinstance(answer, str), "0.90 and these values add up to the score 0.72, so there is nothing to raise: the baseline belongs into the sum"
assert isinstance(answer, list), "return a list of feature names"
assert "LIMIT_BAL" not in answer, "LIMIT_BAL raised the score by 0.25: a large value is no reason for a refusal when its sign is positive"
assert len(answer) <= 3, "at most three reasons"
assert answer[:1] == ["PAY_0"], "the strongest reason comes first: the most negative value"
assert answer == ["PAY_0", "BILL_AMT1", "AGE"], "sort by the size of the harm: PAY_0 -0.30, BILL_AMT1 -0.10, AGE -0.02"
assert answer_of(0.9, pd.Series({"AGE": -0.05, "SEX": 0.0, "PAY_0": 0.02}), 0.87) == ["AGE"], "only features that lowered the score are reasons; 0 and above are none, even if fewer than three are left"
assert isinstance(answer_of(0.9, someone, 0.70), str), "these values miss the score by 0.02: raise a ValueError, baseline plus all values must give the score"
### BEGIN HIDDEN TESTS
order = sorted(reasons(0.5, pd.Series({"b": -0.2, "a": -0.1, "c": -0.15}), 0.05), key=str)
assert order == ["a", "b", "c"], "three features lowered this score, and all three are reasons"
assert reasons(0.5, pd.Series({"b": -0.2, "a": -0.1, "c": -0.15}), 0.05) == ["b", "c", "a"], "the strongest comes first, not the first in the alphabet"
### END HIDDEN TESTS
assert answer_of(0.9, someone * 0, 0.9) == [], "nothing lowered this score, so there is no reason to give"

# %% [markdown]
# Three refused clients, three letters:

# %%
{n: reasons(base, local.loc[n], shown_scores[n]) for n in [24533, 18104, 698]}

# %% [markdown]
# Two of the three reasons in the letter to client 24533 are his age and his sex. Your function found what the averages had hidden.

# %% [markdown]
# ### Your answer to the supervisor (4 points)
# A person reads this one. In at most 150 words: which metric you put first and why, which of the three candidates goes live, what that costs and whom, and what you will watch afterwards.
# Use numbers from this notebook, and say who group d is.

# %% [markdown] manual="answer" points=4
# ### BEGIN SOLUTION
# *A good answer (one point each):*
#
# 1. *Names one metric, the policy behind it, group d (men) and the favorable outcome (approved). For example: "Of those who would pay, equal shares should be approved, so we look at RD."*
# 2. *Chooses a candidate with numbers from the jobs: reweighing brings RD from 0.07 to 0.02 and DI from 0.88 to 0.94, and passes all three rules.*
# 3. *Says the price: nearly the same defaults and approvals in total, but some women lose an approval that they had; a gap of about 4 points in approvals stays, and the three gaps cannot all be 0.*
# 4. *Says what is not solved and what will be watched: clients over 45 and up to 25 are approved less often; bias drift by a monitor, with labels that come a month late.*
# ### END SOLUTION

# %% [markdown]
# ## 8. When to use what
#
# | You want | Use | Not |
# |---|---|---|
# | to know, once, whether data or a model favor a group | a Clarify job with bias methods (or the formulas in pandas) | Model Monitor: it needs a live endpoint and a schedule |
# | to notice when fairness of a live model changes | Model Monitor, bias drift: the same metrics on a schedule, with labels that you bring | a Clarify job by hand once a year |
# | to notice when the reasons change rank | Model Monitor, feature attribution drift (NDCG below 0.90) | comparing two beeswarms by eye |
# | a reason together with each answer of an endpoint | an endpoint with `ClarifyExplainerConfig` | a processing job a request |
# | to see why training goes wrong | Debugger | SHAP |
# | to stop a release when a metric is bad | a check step and a condition in a pipeline | Clarify alone: it measures, it does not stop anything |
# | to judge answers of a foundation model | Amazon Bedrock Evaluations, or the `fmeval` library | SHAP for a table |
#
# **Text and images.** Clarify explains them with the same arithmetic; only "feature" means something else. For text it is a token, a sentence or a paragraph (`text_config`),
# left out by putting the baseline text in its place; `out.jsonl` then holds a value for each part. For images it is a segment of similar pixels (`image_config`), and the result is a heat map. For time series there are asymmetric Shapley values.
#
# **An old exam tip** says: *Clarify = bias detection + explainability; if a question asks why a model made a prediction, the answer is Clarify.* As a definition it still holds. Two things changed: new accounts cannot start it,
# and the exams have moved on: the guide of MLA-C02 speaks of bias metrics in general, and the pages of AIF-C01 disagree on whether Clarify is named. The tip's "bias types" (class imbalance, label bias, feature bias, prediction bias) are not AWS's words: say pre-training and post-training metrics of a facet.
#
# ### Five confusions, as a drill
# Answer aloud, then open.
#
# <details><summary>1. A report says CI = 0.9. Has one group worse outcomes?</summary>
# Nobody knows. CI counts people: group d is tiny. Outcomes are DPL's business.
# </details>
#
# <details><summary>2. DI = 0 and DPPL = 0 in two reports. Which of them is good news?</summary>
# DPPL = 0. A fair DI is 1; DI = 0 means that nobody in group d is approved.
# </details>
#
# <details><summary>3. "Precision is equal for both groups." Which metric is 0, DAR or RD?</summary>
# DAR. RD is the one with recall.
# </details>
#
# <details><summary>4. SEX has the largest SHAP values. Is the model unfair?</summary>
# That is another question. SHAP says what moves the score compared with the baseline. Fairness compares outcomes of groups. And neither is a cause.
# </details>
#
# <details><summary>5. The SHAP ranking of features is another one than last year. Which tool should have told you?</summary>
# Model Monitor with feature attribution drift. A Clarify job explains one moment.
# </details>

# %% [markdown]
# ## 9. Quiz
#
# 34 questions, many of them with a scenario. The quiz says at once why an answer is right or wrong; in a class it is scored, and says so.

# %% quiz=true points=10
lab.quiz()

# %% [markdown]
# ## 10. The same on AWS
#
# With `SAGELAB_TARGET=aws` in the environment the same cells talk to your own account. What changes:
#
# | What | Here | On AWS |
# |---|---|---|
# | Account | any number of new ones | one that already uses Clarify; new ones are refused |
# | Role | made by `lab.role` | needs the model's bucket, `CreateEndpointConfig`, `CreateEndpoint`, `DescribeEndpoint`, `InvokeEndpoint`, `ListTags` (with `model_name`) |
# | Waiting | seconds | minutes a job: machines start, and so does the shadow endpoint |
# | Report | `report.html`, `.ipynb`, `.pdf`, in a plain layout | the same three files, in AWS's layout |
# | Clean-up | `lab.reset()` | models and S3 objects; the shadow endpoint goes by itself, unless the job is killed: look for names with `sm-clarify` |
# | Recorded only, here | instance types, counts and VPC settings are checked and stored; the work runs on this machine | they matter |
#
# What would it cost? Two machines run: the job's and the shadow endpoint's. Type the price an hour of `ml.m5.xlarge` and `ml.m5.large` in your region, from [the price list](https://aws.amazon.com/sagemaker/pricing/).
# The seconds are those of this machine. On AWS a job takes minutes, because its machines must start first.

# %%
price_of_job_machine, price_of_endpoint = 0.0, 0.0

jobs = [bias_job, reweighed_bias_job, shap_job]
seconds = sum((j["ProcessingEndTime"] - j["ProcessingStartTime"]).total_seconds() for j in jobs)
cost = seconds / 3600 * (price_of_job_machine + price_of_endpoint)
print(f"{cost:.4f} for {len(jobs)} jobs (0 until you type the prices)")

# %% [markdown]
# The same job in other words:
#
# | Part | boto3, as here | SDK v3, `sagemaker.core.clarify` | SDK v2, `sagemaker.clarify` |
# |---|---|---|---|
# | Job | `create_processing_job`, `analysis_config.json` | `SageMakerClarifyProcessor` | the same |
# | Bias | `methods`: `pre_training_bias`, `post_training_bias` | `.run_bias()` | the same |
# | Group d | `facet`: `value_or_threshold` | `BiasConfig`: `facet_values_or_threshold` | the same |
# | Good outcome | `label_values_or_threshold` | `BiasConfig`: `label_values_or_threshold` | the same |
# | Model | `predictor`: `model_name` | `ModelConfig`: `model_name` | the same |
# | Reasons | `methods`: `shap`, `pdp` | `.run_explainability()`, `SHAPConfig`, `PDPConfig` | the same |
#
# SDK v2 is in maintenance mode since 6 July 2026.
# SDK v3's migration guide lists the processor classes as removed and points to `sagemaker.core.resources.ProcessingJob`; the package `sagemaker-core` 2.27 still has the module named above. With boto3 you need not care.

# %% [markdown]
# ## Recap
#
# - We fixed the favorable outcome and group d first, and wrote both into `analysis_config.json`.
# - We measured: a gap of 3 points in the record had become 8 points in approvals, and no setting made all metrics zero.
# - We reweighed: the gap fell by half at almost no price in defaults, and a price in people.
# - We explained client 24533 with exact Shapley values, checked that they add up, and saw what a baseline can hide.
# - We mended a job with three faults, the last of them behind a message that pointed elsewhere.
#
# **Where next.** *Model Monitor*: the same metrics and values on a schedule, when the model is live.
