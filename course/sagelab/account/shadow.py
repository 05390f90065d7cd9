"""Shadow variants get a copy of a share of the requests; what they answer is captured, metered and discarded."""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from .control import ApiError, Record
from .endpoints import Leased, LiveEndpoint, Variant
from .invocations import Exchange, Took
from .worker import ModelError

AT_A_TIME = 4  # shadow requests on their way; more wait, and the caller of the production variant never does
MOST_WAITING = 1000  # then copies are dropped, as AWS's are when the shadow cannot keep up

Observe = Callable[[Leased, Exchange, Took], None]


class Mirror:
    """Sends copies of requests to the shadow variants of an endpoint."""

    def __init__(self, observe: Observe) -> None:
        self._observe = observe
        self._pool = ThreadPoolExecutor(AT_A_TIME, thread_name_prefix="shadow")
        self._waiting = 0

    def reflect(self, live: LiveEndpoint, body: bytes, headers: dict[str, str]) -> None:
        """Send a copy of a request to each shadow variant whose sample it is in; returns at once."""
        for shadow in live.shadows.values():
            if live.draws(share(live, shadow)) and self._waiting < MOST_WAITING:
                self._waiting += 1
                self._pool.submit(self._ask, live, shadow, body, headers)

    def close(self) -> None:
        """Send no more."""
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _ask(self, live: LiveEndpoint, shadow: Variant, body: bytes, headers: dict[str, str]) -> None:
        self._waiting -= 1
        began = time.perf_counter()
        instance = shadow.fleet.acquire()
        if instance is None:
            return
        try:
            asked = time.perf_counter()
            try:
                exchange = Exchange(body, headers, instance.invoke(body, headers), None)
            except ModelError as error:
                exchange = Exchange(body, headers, None, error)
            took = Took((time.perf_counter() - asked) * 1e6, (asked - began) * 1e6)
            self._observe(Leased(live, shadow, instance), exchange, took)
        finally:
            shadow.fleet.release(instance)


def share(live: LiveEndpoint, shadow: Variant) -> float:
    """The share of the requests that a shadow variant sees: its weight by that of the production variant."""
    (production,) = live.variants.values()
    return min(1.0, shadow.weight / production.weight) if production.weight else 0.0


def check_shadow(params: Record) -> None:
    """Refuse what AWS refuses of shadow variants."""
    shadows = params.get("ShadowProductionVariants", [])
    if not shadows:
        return
    if len(shadows) > 1 or len(params["ProductionVariants"]) > 1:
        raise ApiError(
            "With ShadowProductionVariants there can be one variant in ProductionVariants and one in "
            "ShadowProductionVariants."
        )
    if "ServerlessConfig" in shadows[0] or params.get("AsyncInferenceConfig"):
        raise ApiError("Shadow variants are for real-time endpoints on instances.")
