"""Feature Store: feature groups, the online store, the offline store.

groups.py    CreateFeatureGroup ... DeleteFeatureGroup; schema.py has their rules, listing.py and metadata.py the rest
runtime.py   the API sagemaker-featurestore-runtime: writing.py and online.py, on values that values.py has checked
records.py   one SQLite file: the online store, and what waits for the offline store
offline.py   from there to Parquet files in S3, under a table of the data catalog
"""

from ..control import ControlPlane
from .groups import FeatureGroups
from .offline import OfflineStore
from .online import Stores
from .records import Records
from .runtime import FeatureRuntime
from .writing import Writer


def register(plane: ControlPlane) -> None:
    """Let feature groups happen in this account."""
    records = Records(plane.home / "features.db")
    offline = OfflineStore(plane, records)
    groups = FeatureGroups(plane, records, offline)
    FeatureRuntime(plane, Stores(plane, groups, records), Writer(plane, groups, records, offline))

    def tick() -> None:
        records.expire(plane.clock.time())
        offline.flush()

    def close() -> None:
        offline.close()
        records.close()

    plane.clock.on_tick(tick)
    plane.flushers.append(offline.flush)
    plane.on_stop(close)
