"""What Clarify's 21 bias metrics mean: the question, the formula, the range, and whom a value disadvantages.

Formulas and ranges: AWS, "Pre-training Bias Metrics" and "Post-training Data and Model Bias Metrics" (the page of each
metric is its `page`). Whom a value disadvantages follows from the formula; where AWS's guide says otherwise, or says
two things, `note` tells. Group d is the facet value that the analysis names, group a is everybody else; "good" is the
label value that the analysis calls positive.
"""

from dataclasses import dataclass

__all__ = ["MEANINGS", "NOTATION", "Meaning"]

GUIDE = "https://docs.aws.amazon.com/sagemaker/latest/dg/"
PRE, POST = "pre", "post"
PLUS_MINUS = "from -1 to 1"
UNBOUNDED = "any number"

NOTATION = (
    "n counts people: na and nd in each group, n(1) with the good label, n(0) with the other. A stroke (n') counts "
    "predictions. TP, FP, TN, FN are the cells of a group's confusion matrix; P is the share of each label."
)


@dataclass(frozen=True)
class Meaning:
    """How to read one metric.

    `against` is the group that a value above the fair one disadvantages ("d" or "a"; "" where the metric has no
    direction); `above` and `below` say what such values mean. `worked` is the formula with the counts of
    `sagelab.bias_reading.Counts` to fill in, "" where it needs more than those.
    """

    name: str
    title: str
    stage: str
    asks: str
    formula: str
    range: str
    against: str
    above: str
    page: str
    below: str = ""
    fair: float = 0.0
    worked: str = ""
    note: str = ""

    @property
    def source(self) -> str:
        """The page of AWS's guide."""
        return f"{GUIDE}{self.page}.html"


SIZE_ONLY = "It tells how far apart the groups are, not which one is worse off."
DISTANCE = (
    "The two groups differ in how often they have the good label. The metric does not say which is worse off."
)
DROPPED = (
    "AWS's library leaves out a label value that one group lacks, so complete separation can look like none."
)
TWO_VALUES = "With two label values this is the size of DPL."

TABLE = (
    Meaning(
        "CI", "Class imbalance", PRE, "Is group d smaller than group a?",
        "(na - nd) / (na + nd)", PLUS_MINUS, "d",
        "Group d has fewer rows: a model learns less about it.", "clarify-bias-metric-class-imbalance",
        below="Group a has fewer rows: a model learns less about it.", worked="({na} - {nd}) / ({na} + {nd})",
        note="It counts people only. It says nothing about labels, and it is not the class imbalance of the label.",
    ),
    Meaning(
        "DPL", "Difference in proportions of labels", PRE, "How much more often does group a have the good label?",
        "na(1)/na - nd(1)/nd", PLUS_MINUS, "d", "In the data, group d has the good label less often.",
        "clarify-data-bias-metric-true-label-imbalance", below="In the data, group a has the good label less often.",
        worked="{a1}/{na} - {d1}/{nd}",
    ),
    Meaning(
        "KL", "Kullback-Leibler divergence", PRE, "How surprising are group a's labels to somebody who knows group d?",
        "sum over labels of Pa ln(Pa / Pd)", "from 0 upward", "", DISTANCE,
        "clarify-data-bias-metric-kl-divergence", note=f"It is not symmetric. {DROPPED}",
    ),
    Meaning(
        "JS", "Jensen-Shannon divergence", PRE, "How far are both groups' labels from their common mean?",
        "(KL(Pa, P) + KL(Pd, P)) / 2 with P = (Pa + Pd) / 2", "from 0 to ln 2 = 0.69", "", DISTANCE,
        "clarify-data-bias-metric-jensen-shannon-divergence", note=f"{SIZE_ONLY} {DROPPED}",
    ),
    Meaning(
        "LP", "Lp norm", PRE, "How long is the line between the two groups' shares of labels?",
        "square root of the sum of (Pa - Pd) squared (p = 2)", "from 0 to 1.41", "", DISTANCE,
        "clarify-data-bias-metric-lp-norm", note=SIZE_ONLY,
    ),
    Meaning(
        "TVD", "Total variation distance", PRE, "What share of labels would have to change to make the groups alike?",
        "half the sum of |Pa - Pd|", "from 0 to 1", "", DISTANCE,
        "clarify-data-bias-metric-total-variation-distance", worked="|{a1}/{na} - {d1}/{nd}|", note=TWO_VALUES,
    ),
    Meaning(
        "KS", "Kolmogorov-Smirnov distance", PRE, "For which label are the groups' shares furthest apart, and how far?",
        "largest |Pa - Pd|", "from 0 to 1", "", DISTANCE,
        "clarify-data-bias-metric-kolmogorov-smirnov", worked="|{a1}/{na} - {d1}/{nd}|", note=TWO_VALUES,
    ),
    Meaning(
        "CDDL", "Conditional demographic disparity in labels", PRE,
        "Is group d over-represented among the bad labels, also within each subgroup?",
        "mean over subgroups, weighted by size, of nd(0)/n(0) - nd(1)/n(1)", PLUS_MINUS, "d",
        "Within the subgroups, group d is a larger part of the bad labels than of the good ones.",
        "clarify-data-bias-metric-cddl",
        below="Within the subgroups, group d is a larger part of the good labels than of the bad ones.",
        note="The subgroups are those of the analysis's group_variable; a gap that they explain does not show here.",
    ),
    Meaning(
        "DPPL", "Difference in positive proportions in predicted labels", POST,
        "How much more often does the model give group a the good outcome?",
        "na'(1)/na - nd'(1)/nd", PLUS_MINUS, "d", "The model gives group d the good outcome less often.",
        "clarify-post-training-bias-metric-dppl", below="The model gives group a the good outcome less often.",
        worked="{pa}/{na} - {pd}/{nd}", note="Fair here means equal shares, whatever the labels say.",
    ),
    Meaning(
        "DI", "Disparate impact", POST, "For each good outcome in group a, how many in group d, at equal size?",
        "(nd'(1)/nd) / (na'(1)/na)", "from 0 upward; 1 is fair", "a", "The model favors group d.",
        "clarify-post-training-bias-metric-di", below="The model gives group d the good outcome less often.", fair=1.0,
        worked="({pd}/{nd}) / ({pa}/{na})", note="The four-fifths rule of US employment law asks for at least 0.8.",
    ),
    Meaning(
        "DCA", "Difference in conditional acceptance", POST,
        "Compared with the labels, is the model meaner with good outcomes to one group?",
        "na(1)/na'(1) - nd(1)/nd'(1)", UNBOUNDED, "a",
        "Measured by their labels, group a gets fewer good outcomes from the model than group d does.",
        "clarify-post-training-bias-metric-dcacc",
        below="Measured by their labels, group d gets fewer good outcomes from the model than group a does.",
        worked="{a1}/{pa} - {d1}/{pd}",
        note="AWS's guide reads a positive value as bias against group d; in its own example (70 labeled and 60 "
        "accepted in a, 20 and 30 in d) the model gives d more than its labels. Look at the counts.",
    ),
    Meaning(
        "DCR", "Difference in conditional rejection", POST,
        "Compared with the labels, does the model reject one group more?",
        "nd(0)/nd'(0) - na(0)/na'(0)", UNBOUNDED, "a",
        "Measured by their labels, the model rejects more of group a than of group d.",
        "clarify-post-training-bias-metric-dcr",
        below="Measured by their labels, the model rejects more of group d than of group a.",
        worked="{d0}/{rd} - {a0}/{ra}",
        note="It is d minus a. AWS's metric page reads a positive value as bias against group a, its overview as "
        "bias against group d.",
    ),
    Meaning(
        "SD", "Specificity difference", POST,
        "Of those with the bad label, whom does the model refuse more reliably?",
        "TNd/(TNd + FPd) - TNa/(TNa + FPa)", PLUS_MINUS, "d",
        "Undeserved good outcomes are rarer in group d: group a gets more of the lucky errors.",
        "clarify-post-training-bias-metric-sd", below="Undeserved good outcomes are rarer in group a.",
        worked="{tnd}/({tnd} + {fpd}) - {tna}/({tna} + {fpa})", note="It is d minus a.",
    ),
    Meaning(
        "RD", "Recall difference", POST, "Of those with the good label, whom does the model find more often?",
        "TPa/(TPa + FNa) - TPd/(TPd + FNd)", PLUS_MINUS, "d",
        "Of those who deserve the good outcome, more are missed in group d.",
        "clarify-post-training-bias-metric-rd",
        below="Of those who deserve the good outcome, more are missed in group a.",
        worked="{tpa}/({tpa} + {fna}) - {tpd}/({tpd} + {fnd})",
    ),
    Meaning(
        "DAR", "Difference in acceptance rates", POST,
        "Of those whom the model accepts, in which group do more have the good label?",
        "TPa/(TPa + FPa) - TPd/(TPd + FPd)", PLUS_MINUS, "d",
        "Among the accepted, group d has more errors: an acceptance means less there.",
        "clarify-post-training-bias-metric-dar",
        below="Among the accepted, group a has more errors: an acceptance means less there.",
        worked="{tpa}/({tpa} + {fpa}) - {tpd}/({tpd} + {fpd})",
        note="It is precision. AWS reads more false positives as bias against that group; they also mean a lower bar "
        "for it.",
    ),
    Meaning(
        "DRR", "Difference in rejection rates", POST,
        "Of those whom the model rejects, in which group do more have the bad label?",
        "TNd/(TNd + FNd) - TNa/(TNa + FNa)", PLUS_MINUS, "a",
        "Among the rejected, group a holds more people who deserved the good outcome.",
        "clarify-post-training-bias-metric-drr",
        below="Among the rejected, group d holds more people who deserved the good outcome.",
        worked="{tnd}/({tnd} + {fnd}) - {tna}/({tna} + {fna})", note="It is d minus a.",
    ),
    Meaning(
        "AD", "Accuracy difference", POST, "About which group is the model right more often?",
        "(TPa + TNa)/na - (TPd + TNd)/nd", PLUS_MINUS, "d", "The model is wrong about group d more often.",
        "clarify-post-training-bias-metric-ad", below="The model is wrong about group a more often.",
        worked="({tpa} + {tna})/{na} - ({tpd} + {tnd})/{nd}",
        note="It counts both kinds of error alike; RD and SD tell them apart.",
    ),
    Meaning(
        "TE", "Treatment equality", POST,
        "For each undeserved good outcome, how many deserved ones are missed, d against a?",
        "FNd/FPd - FNa/FPa", UNBOUNDED, "d", "Errors hurt group d more: more missed for each lucky one.",
        "clarify-post-training-bias-metric-te", below="Errors hurt group a more: more missed for each lucky one.",
        worked="{fnd}/{fpd} - {fna}/{fpa}",
        note="It is d minus a, and infinite where a group has no false positive. AWS's guide shows FP/FN, a minus d; "
        "AWS's library, whose numbers a report holds, FN/FP.",
    ),
    Meaning(
        "CDDPL", "Conditional demographic disparity in predicted labels", POST,
        "Is group d over-represented among the rejected, also within each subgroup?",
        "mean over subgroups, weighted by size, of nd'(0)/n'(0) - nd'(1)/n'(1)", PLUS_MINUS, "d",
        "Within the subgroups, group d is a larger part of the rejected than of the accepted.",
        "clarify-post-training-bias-metric-cddpl",
        below="Within the subgroups, group d is a larger part of the accepted than of the rejected.",
        note="CDDL for predictions; the subgroups are those of the analysis's group_variable.",
    ),
    Meaning(
        "FT", "Counterfactual flip test", POST,
        "Do members of group d get another answer than their nearest neighbors in group a?",
        "(F+ - F-)/nd: F+ better off, F- worse off than the neighbors' majority", PLUS_MINUS, "a",
        "More members of group d are better off than their neighbors in group a than worse off.",
        "clarify-post-training-bias-metric-ft",
        below="More members of group d are worse off than their neighbors in group a than better off.",
        note="AWS's guide defines it with the opposite sign of AWS's own library, whose numbers a report holds. "
        "Neighbors are found by plain distance, so columns with large numbers decide.",
    ),
    Meaning(
        "GE", "Generalized entropy", POST, "How unevenly does the model spread its benefit over all people?",
        "sum of ((b / mean b) squared - 1) / 2n, with b = prediction - label + 1", "from 0 to 0.5", "",
        "Some people get more from the model's errors than others. Groups play no part.",
        "clarify-post-training-bias-metric-ge",
        note="A person's benefit b is 0 when missed, 2 when lucky, 1 when judged right.",
    ),
)  # fmt: skip

MEANINGS = {meaning.name: meaning for meaning in TABLE}
