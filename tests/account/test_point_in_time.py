"""Point in time: Athena over the offline store says what pandas says, on the lender's own table."""

import io
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from athenalab import Bench
from featurelab import record

import sagelab

CLIENTS = 600  # times six months; all 30,000 take some minutes and agree as well
TABLE = Path(sagelab.__file__).parent / "data" / "credit_clients.csv.gz"
MONTHS = {  # the columns of a month, and when its bill is known
    "2005-04-30T22:00:00Z": ("PAY_6", "BILL_AMT6"),
    "2005-05-31T22:00:00Z": ("PAY_5", "BILL_AMT5"),
    "2005-06-30T22:00:00Z": ("PAY_4", "BILL_AMT4"),
    "2005-07-31T22:00:00Z": ("PAY_3", "BILL_AMT3"),
    "2005-08-31T22:00:00Z": ("PAY_2", "BILL_AMT2"),
    "2005-09-30T22:00:00Z": ("PAY_0", "BILL_AMT1"),
}
TYPES = {"client": "Integral", "event_time": "String", "pay": "Integral", "bill": "Fractional"}

JOIN = """
WITH ranked AS (
    SELECT labels.client, labels.decided, labels.default, history.pay, history.bill, history.event_time,
           row_number() OVER (
               PARTITION BY labels.client, labels.decided
               ORDER BY history.event_time DESC, history.api_invocation_time DESC, history.write_time DESC
           ) AS row_num
    FROM "default"."labels" AS labels
    LEFT JOIN "AwsDataCatalog"."sagemaker_featurestore"."{table}" AS history
      ON history.client = labels.client
     AND from_iso8601_timestamp(history.event_time) <= from_iso8601_timestamp(labels.decided)
     AND NOT history.is_deleted
)
SELECT client, decided, default, pay, bill, event_time
FROM ranked
WHERE row_num = 1
ORDER BY client, decided
"""
SNAPSHOT = """
SELECT client, bill
FROM (SELECT *, row_number() OVER (PARTITION BY client
             ORDER BY event_time DESC, api_invocation_time DESC, write_time DESC) AS row_num
      FROM sagemaker_featurestore.{table}
      WHERE from_iso8601_timestamp(event_time) <= timestamp '{moment} UTC')
WHERE row_num = 1 AND NOT is_deleted
ORDER BY client
"""


def history(clients):
    """Six dated records a client, oldest month first, clients in no order."""
    wide = pd.read_csv(TABLE).sample(clients, random_state=7)
    months = [
        pd.DataFrame({"client": wide.ID, "event_time": when, "pay": wide[pay], "bill": wide[bill]})
        for when, (pay, bill) in MONTHS.items()
    ]
    return pd.concat(months, ignore_index=True), wide[["ID", "default"]].rename(columns={"ID": "client"})


def labels_for(defaults):
    """Two decisions a client, from before the first bill to after the last; some at the very second of a bill."""
    chance = np.random.default_rng(11)
    twice = pd.concat([defaults, defaults], ignore_index=True)
    minutes = pd.to_timedelta(chance.integers(0, 220 * 24 * 60, len(twice)), unit="min")
    moments = pd.Timestamp("2005-04-01", tz="UTC") + minutes
    decided = pd.Series(moments.strftime("%Y-%m-%dT%H:%M:%SZ"))
    decided[::50] = "2005-06-30T22:00:00Z"
    return twice.assign(decided=decided.to_numpy()).drop_duplicates(["client", "decided"])


class Story:
    """The table in a feature store: history, then corrections, then clients who left."""

    def __init__(self, bench, clients=CLIENTS):
        self.bench, (self.events, defaults) = bench, history(clients)
        self.group = bench.group(
            types=TYPES, RecordIdentifierFeatureName="client", EventTimeFeatureName="event_time"
        )
        self.table = bench.table(self.group)
        self.labels = labels_for(defaults)
        self.write(self.events)
        bench.app.clock.step(3600)
        self.corrected = self.events.sample(frac=0.05, random_state=3).assign(
            bill=lambda rows: rows.bill + 0.5
        )
        self.write(self.corrected)
        bench.app.clock.step(3600)
        self.left = sorted(defaults.client.sample(20, random_state=5))
        for client in self.left:
            bench.delete(self.group, client, "2005-08-15T00:00:00Z", TargetStores=["OfflineStore"])
        bench.app.clock.step(3600)

    def write(self, rows):
        whole = rows.astype({"client": "Int64", "pay": "Int64"})
        entries = [
            {
                "FeatureGroupName": self.group,
                "Record": record(**{k: v for k, v in row.items() if pd.notna(v)}),
            }
            for row in whole.to_dict("records")
        ]
        for start in range(0, len(entries), 25):
            answer = self.bench.runtime.batch_write_record(Entries=entries[start : start + 25])
            assert answer["Errors"] == []

    def known(self):
        """What the offline store knows: each event once, with the value that was told last."""
        rows = pd.concat([self.events, self.corrected], ignore_index=True)
        rows = rows.drop_duplicates(["client", "event_time"], keep="last")
        return rows.assign(moment=pd.to_datetime(rows.event_time)).sort_values("moment")


@pytest.fixture(scope="module")
def story(tmp_path_factory):
    bench = Bench(tmp_path_factory.mktemp("story"))
    yield Story(bench)
    bench.app.close()


def as_frame(bench, sql):
    """A query's result, read from its file as a learner would read it."""
    location = bench.ended(bench.start(sql))["ResultConfiguration"]["OutputLocation"]
    key = location.removeprefix(f"s3://{bench.bucket}/")
    return pd.read_csv(io.BytesIO(bench.s3.get_object(Bucket=bench.bucket, Key=key)["Body"].read()))


def same(left, right):
    """Are two tables equal, also in what is missing?"""
    pd.testing.assert_frame_equal(
        left.reset_index(drop=True), right.reset_index(drop=True), check_dtype=False, check_exact=True
    )


@pytest.mark.slow
def test_a_point_in_time_join_equals_merge_asof(story):
    """For each label the last event at or before it; a label before any event keeps its row."""
    bench = story.bench
    body = story.labels[["client", "decided", "default"]].astype({"client": int}).to_csv(index=False)
    bench.s3.put_object(Bucket=bench.bucket, Key="labels/labels.csv", Body=body)
    bench.rows(
        "CREATE EXTERNAL TABLE labels (client bigint, decided string, default double) ROW FORMAT SERDE "
        f"'org.apache.hadoop.hive.serde2.OpenCSVSerde' LOCATION 's3://{bench.bucket}/labels/' "
        "TBLPROPERTIES ('skip.header.line.count'='1')",
        context={"Database": "default"},
    )

    joined = as_frame(bench, JOIN.format(table=story.table))

    labels = story.labels.assign(moment=pd.to_datetime(story.labels.decided)).sort_values("moment")
    expected = pd.merge_asof(labels, story.known(), on="moment", by="client")
    expected = expected.sort_values(["client", "decided"])[list(joined.columns)]
    assert expected.bill.isna().sum() > 20
    assert (expected.event_time == expected.decided).sum() > 5
    assert expected.bill.isin(story.corrected.bill).sum() > 20
    same(joined, expected)


@pytest.mark.slow
@pytest.mark.parametrize("moment", ["2005-05-01 00:00:00", "2005-08-20 00:00:00", "2006-01-01 00:00:00"])
def test_a_snapshot_equals_the_last_row_of_each_client(story, moment):
    snapshot = as_frame(story.bench, SNAPSHOT.format(table=story.table, moment=moment))

    gone = pd.DataFrame({"client": story.left, "moment": pd.Timestamp("2005-08-15", tz="UTC"), "gone": True})
    told = pd.concat([story.known().assign(gone=False), gone]).sort_values("moment", kind="stable")
    last = told[told.moment <= pd.Timestamp(moment, tz="UTC")].groupby("client").tail(1)
    expected = last[~last.gone.astype(bool)].sort_values("client")[["client", "bill"]]
    same(snapshot, expected)
