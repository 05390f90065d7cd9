"""Transforms against scikit-learn, skrub and numbers worked out by hand."""

import numpy as np
import pandas as pd
import pytest
from sklearn import preprocessing
from sklearn.decomposition import PCA
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.impute import SimpleImputer
from wrangler_examples import TABLE

from sagelab.wrangler import Flow

NUMBERS = ["income", "count"]


def made(transform, **parameters):
    return Flow(TABLE).add(transform, **parameters).table()


@pytest.mark.parametrize(
    ("transform", "oracle"),
    [
        ("Standard scaler", preprocessing.StandardScaler()),
        ("Min-max scaler", preprocessing.MinMaxScaler()),
        ("Robust scaler", preprocessing.RobustScaler()),
        ("Max absolute scaler", preprocessing.MaxAbsScaler()),
        ("Power transform", preprocessing.PowerTransformer(standardize=False)),
    ],
)
def test_scalers_do_what_scikit_learn_does(transform, oracle):
    np.testing.assert_allclose(
        made(transform, input_column=NUMBERS)[NUMBERS], oracle.fit_transform(TABLE[NUMBERS]), rtol=1e-9
    )


def test_the_squashing_scaler_is_skrubs():
    from skrub import SquashingScaler

    table = TABLE.assign(rare=[9] + [0] * (len(TABLE) - 1))[["income", "rare"]]
    found = Flow(table).add("Squashing scaler", input_column=["income", "rare"]).table()
    np.testing.assert_allclose(found, SquashingScaler().fit_transform(table))


def test_imputing_and_components_are_scikit_learns():
    ages = SimpleImputer(strategy="median").fit_transform(TABLE[["age"]])[:, 0]
    np.testing.assert_allclose(made("Impute", input_column=["age"])["age"], ages)
    parts = PCA(1, svd_solver="full").fit_transform(TABLE[NUMBERS])[:, 0]
    found = made("Principal component analysis", input_column=NUMBERS, components=1)
    np.testing.assert_allclose(found["pca_0"], parts)


def test_words_are_weighed_as_scikit_learn_weighs_them():
    weights = TfidfVectorizer(max_features=4).fit(TABLE["note"])
    found = made("Vectorize", input_column="note", max_words=4)
    names = [f"note_{word}" for word in weights.get_feature_names_out()]
    np.testing.assert_allclose(found[names], weights.transform(TABLE["note"]).toarray())


def test_categories_become_what_pandas_makes_of_them():
    dummies = pd.get_dummies(TABLE["city"], prefix="city", dtype="int64")
    found = made("One-hot encode", input_column=["city"])
    pd.testing.assert_frame_equal(found[list(dummies)], dummies)
    codes = pd.Categorical(TABLE["city"]).codes
    assert made("Ordinal encode", input_column=["city"])["city"].fillna(-1).tolist() == codes.tolist()


def test_similarity_encodings_are_skrubs():
    from skrub import MinHashEncoder, SimilarityEncoder

    names = sorted(TABLE["city"].dropna().unique())
    encoder = SimilarityEncoder(categories=[np.array(names, dtype=object)])
    cities = TABLE[["city"]].fillna("").to_numpy(dtype=object)
    found = made("Similarity encode", input_column="city", prototypes=9)
    np.testing.assert_allclose(found[[f"city_{name}" for name in names]], encoder.fit_transform(cities))
    hashes = MinHashEncoder(n_components=3).fit_transform(TABLE["note"].astype("str"))
    found = made("Min-hash encode", input_column="note", components=3)
    np.testing.assert_allclose(found[[f"note_{i}" for i in range(3)]], hashes)


@pytest.mark.parametrize("method", ["Clip", "Remove", "Invalidate"])
def test_outliers_are_dealt_with_beyond_so_many_deviations(method):
    values = TABLE["income"]
    low, high = values.mean() - values.std(), values.mean() + values.std()
    found = made(
        "Standard deviation numeric outliers",
        input_column=["income"],
        standard_deviations=1,
        fix_method=method,
    )["income"]
    inside = values.between(low, high)
    expected = {
        "Clip": np.clip(values, low, high),
        "Remove": values[inside],
        "Invalidate": values.where(inside),
    }[method]
    np.testing.assert_allclose(found, expected)
    assert 0 < (~inside).sum() < len(values)


def test_balancing_makes_the_classes_equal_and_invents_between_neighbors():
    table = TABLE[["income", "count", "default"]]
    most, least = table["default"].value_counts()
    over = Flow(table).add("Random oversample", target_column="default").table()
    under = Flow(table).add("Random undersample", target_column="default").table()
    smote = Flow(table).add("SMOTE", target_column="default", num_neighbors=3).table()

    assert over["default"].value_counts().tolist() == [most, most]
    assert under["default"].value_counts().tolist() == [least, least]
    assert smote["default"].value_counts().tolist() == [most, most]
    assert over.merge(table.drop_duplicates(), how="left", indicator=True)["_merge"].eq("both").all()
    rare, new = table[table["default"] == 1], smote[len(table) :]
    assert new["income"].between(rare["income"].min(), rare["income"].max()).all()
    assert not new["income"].isin(table["income"]).all()


@pytest.mark.parametrize(
    ("transform", "more"),
    [
        ("Randomized split", {}),
        ("Ordered split", {"column": "opened"}),
        ("Stratified split", {"column": "default"}),
    ],
)
def test_train_and_test_are_all_rows_and_share_none(transform, more):
    parts = [made(transform, part=part, train_share=0.7, **more)["id"] for part in ("Train", "Test")]

    assert sorted(pd.concat(parts)) == TABLE["id"].tolist()
    assert len(parts[0]) == pytest.approx(0.7 * len(TABLE), abs=1)


def test_history_looks_back_within_an_id():
    table = pd.DataFrame({"who": ["a", "b", "a", "a"], "day": [3, 1, 1, 2], "x": [30, 9, 10, 20]})
    lag = Flow(table).add("Lag", column="x", order_by="day", id_column="who").table()["x_lag_1"]
    mean = (
        Flow(table)
        .add("Rolling mean", column="x", order_by="day", id_column="who", window=2)
        .table()["x_mean_2"]
    )

    assert lag.fillna(-1).tolist() == [20, -1, -1, 10]
    assert mean.tolist() == [25, 9, 10, 15]


def test_parsing_makes_missing_what_cannot_be_read():
    table = pd.DataFrame(
        {"a": ["1", "2.6", "x"], "b": ["yes", "0", "perhaps"], "c": ["2026-02-28", "2026-02-30", "x"]}
    )
    flow = Flow(table).add("Parse column as type", column="a", data_type="long")
    flow.add("Parse column as type", column="b", data_type="bool")
    flow.add("Parse column as type", column="c", data_type="date")
    found = flow.table()

    assert found["a"].fillna(-1).tolist() == [1, 3, -1]
    assert found["b"].fillna(-1).tolist() == [1, 0, -1]
    assert found["c"].notna().tolist() == [True, False, False]


def test_dates_and_structures_are_taken_apart():
    parts = made("Extract date parts", input_column="opened")
    assert parts["opened_month"].tolist() == TABLE["opened"].dt.month.tolist()
    assert parts["opened_weekday"].tolist() == TABLE["opened"].dt.isocalendar().day.tolist()
    assert (
        made("Days between", first_column="opened", second_column="closed", output_column="d")["d"].tolist()
        == ((TABLE["closed"] - TABLE["opened"]) / pd.Timedelta(days=1)).tolist()
    )
    flat = made("Flatten structured", input_column="json")
    assert (
        flat["json_a"].fillna(0).tolist()
        == TABLE["json"].map({'{"a": 1, "b": "x"}': 1, '{"a": 2}': 2}).fillna(0).tolist()
    )


def test_typing_errors_are_put_right_and_similar_columns_dropped():
    cities = (
        ["Taipei"] * 20
        + ["Taipeii", "Kaohsiung"]
        + ["Kaohsiung"] * 20
        + ["Kaohsiungg", "Hualien"]
        + ["Hualien"] * 9
    )
    found = Flow(pd.DataFrame({"city": cities})).add("Deduplicate spellings", input_column="city").table()
    assert set(found["city"]) == {"Taipei", "Kaohsiung", "Hualien"}
    left = made("Drop similar columns", threshold=0.9)
    assert "twin" not in left
    assert "same" not in made("Drop uninformative columns")
