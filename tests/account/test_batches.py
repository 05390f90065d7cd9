"""Batches deliver everything once, in order, and soon."""

import threading

from sagelab.account.batches import Batches


class Inbox:
    """What was delivered, and a way to wait for it."""

    def __init__(self):
        self.batches, self.arrived = [], threading.Semaphore(0)

    def __call__(self, items):
        self.batches.append(items)
        self.arrived.release()

    @property
    def items(self):
        return [item for batch in self.batches for item in batch]


def test_items_are_delivered_together_when_nothing_more_comes():
    inbox = Inbox()
    batches = Batches(inbox, full=100, idle=0.01)
    for number in range(5):
        batches.add(number)

    assert inbox.arrived.acquire(timeout=5)
    assert inbox.items == [0, 1, 2, 3, 4]


def test_a_full_batch_does_not_wait():
    inbox = Inbox()
    batches = Batches(inbox, full=3, idle=3600, oldest=3600)
    for number in range(3):
        batches.add(number)

    assert inbox.arrived.acquire(timeout=5)
    assert inbox.batches == [[0, 1, 2]]


def test_an_old_item_does_not_wait_for_the_traffic_to_end():
    inbox = Inbox()
    batches = Batches(inbox, full=1000, idle=3600, oldest=0.01)
    batches.add("old")

    assert inbox.arrived.acquire(timeout=5)


def test_a_flush_delivers_at_once_and_never_more_than_full():
    inbox = Inbox()
    batches = Batches(inbox, full=200, idle=3600, oldest=3600)
    for number in range(199):
        batches.add(number)

    batches.flush()

    assert inbox.items == list(range(199))


def test_nothing_is_lost_or_doubled_between_threads():
    inbox = Inbox()
    batches = Batches(inbox, full=7, idle=0.001)
    writers = [
        threading.Thread(target=lambda start=start: [batches.add(n) for n in range(start, start + 500)])
        for start in range(0, 4000, 500)
    ]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    batches.close()

    assert sorted(inbox.items) == list(range(4000))
    assert max(map(len, inbox.batches)) <= 7


def test_a_failing_delivery_does_not_end_the_deliveries(capsys):
    inbox = Inbox()

    def deliver(items):
        if items == ["bad"]:
            raise OSError("no such bucket")
        inbox(items)

    batches = Batches(deliver, full=10, idle=3600)
    batches.add("bad")
    batches.flush()
    batches.add("good")
    batches.flush()

    assert inbox.items == ["good"]
    assert "no such bucket" in capsys.readouterr().err
