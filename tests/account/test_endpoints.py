"""Which endpoints run, and which are on their way up."""

import threading

from sagelab.account.endpoints import Endpoints


class StandIn:
    """A running endpoint that remembers whether it was closed."""

    def __init__(self, name="Churn"):
        self.name, self.key, self.closed = name, name.lower(), False

    def close(self):
        self.closed = True


def test_an_endpoint_is_found_by_its_name_in_any_case():
    endpoints, live = Endpoints(), StandIn()
    endpoints.announce(live)

    assert endpoints.put(live)
    assert endpoints.get("CHURN") is live


def test_what_takes_over_closes_what_ran_before():
    endpoints, old, new = Endpoints(), StandIn(), StandIn()
    for live in (old, new):
        endpoints.announce(live)
        endpoints.put(live)
        endpoints.settle(live)

    assert endpoints.get("churn") is new
    assert (old.closed, new.closed) == (True, False)


def test_what_was_deleted_on_its_way_up_does_not_run_after_all():
    endpoints, coming = Endpoints(), StandIn()
    endpoints.announce(coming)
    endpoints.drop("churn")

    assert coming.closed
    assert not endpoints.put(coming)
    assert not endpoints.settle(coming)
    assert endpoints.get("churn") is None


def test_a_later_deployment_replaces_one_that_is_on_its_way():
    endpoints, first, second = Endpoints(), StandIn(), StandIn()
    endpoints.announce(first)
    endpoints.announce(second)

    assert not endpoints.put(first)
    assert endpoints.put(second)


def test_a_request_waits_for_an_endpoint_that_is_on_its_way_and_for_no_other():
    endpoints, coming = Endpoints(), StandIn()
    endpoints.announce(coming)
    threading.Timer(0.01, lambda: (endpoints.put(coming), endpoints.settle(coming))).start()

    assert endpoints.wait("churn", seconds=30) is coming
    assert endpoints.wait("another", seconds=30) is None


def test_a_request_does_not_wait_for_what_failed_to_come_up():
    endpoints, coming = Endpoints(), StandIn()
    endpoints.announce(coming)
    threading.Timer(0.01, lambda: endpoints.settle(coming)).start()

    assert endpoints.wait("churn", seconds=30) is None
