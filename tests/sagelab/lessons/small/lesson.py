# ---
# jupyter:
#   sagelab:
#     minutes: 5
#     summary: "What a bill's middle says that its mean does not."
#     status: "live"
#     checked: "2026-11-22"
# ---

# %% [markdown]
# # The middle of a bill
#
# After this you can compute a median, name an outlier, and say which of the two to report.
#
# - Time: 5 minutes
# - Status: live, checked 2026-11-22
# - On AWS this lab would cost nothing: it needs no service
# - Out of scope: everything else

# %% [markdown]
# Five bills, one of them far off:

# %%
from types import SimpleNamespace

lab = SimpleNamespace(quiz=lambda graded=False: None)
bills = [10, 12, 11, 13, 900]

# %% [markdown]
# ## Write the median
#
# It is the middle of the sorted values.


# %% solution="median"
def median(values):
    """Return the middle of the sorted values."""
    ### BEGIN SOLUTION
    ordered = sorted(values)
    return ordered[len(ordered) // 2]
    ### END SOLUTION


# %% tests="median" points=4
assert median([3, 1, 2]) == 2, "the values come in any order: sort them first"
assert type(median([3, 1, 2])) is int, "the median is one of the values"
### BEGIN HIDDEN TESTS
assert median([10, 2, 33]) == 10, "the values are numbers: do not sort them as text"
### END HIDDEN TESTS

# %% [markdown]
# ## Name the outlier

# %% solution="outlier"
### BEGIN SOLUTION
outlier = max(bills)
### END SOLUTION

# %% tests="outlier" points=3
assert isinstance(outlier, int), "the outlier is one bill, not a list of bills"
assert outlier == 900, "the outlier is the bill farthest from the median"

# %% [markdown]
# ## Count both

# %% solution="count"
count = {"usual": 0, "outlier": 0}
for bill in bills:
    ### BEGIN SOLUTION
    count["outlier" if bill == outlier else "usual"] += 1
    ### END SOLUTION

# %% tests="count" points=3
assert sum(count.values()) == 5, "each bill is counted once"
assert count == {"usual": 4, "outlier": 1}, "only the bill of 900 is an outlier"

# %% [markdown]
# ## Say which to report

# %% [markdown] manual="report" points=2
# The median, because one bill of 900 does not move it.

# %% [markdown]
# ## Quiz

# %% quiz=true points=10
lab.quiz()

# %% [markdown]
# We computed a median and named an outlier.
