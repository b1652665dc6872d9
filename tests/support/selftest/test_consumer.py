"""The consumer model accepts what the contract allows and names everything else."""

from __future__ import annotations

import json
import unittest

from store.consumer import Consumer

VISIT, MEMBER = "visit-1", "m-1"


def event(number: int, kind: str = "visit.started", visit: str = VISIT, **changes: object) -> dict:
    data = {"visit_id": visit, "member": MEMBER}
    return {
        "specversion": "1.0",
        "id": f"019a0000-0000-7000-8000-{number:012x}",
        "source": "/stores/s/gateways/g",
        "type": f"touchpoint.{kind}.v1",
        "subject": f"visit/{visit}",
        "time": "t",
        "recordedtime": "t",
        "sequence": f"{number:020d}",
        "partitionkey": visit,
        "dataschema": "urn:x",
        "datacontenttype": "application/json",
        "data": data,
        **changes,
    }


class ConsumerTest(unittest.TestCase):
    def setUp(self) -> None:
        self.consumer = Consumer()

    def take(self, *events: dict) -> list[str]:
        for each in events:
            family, name = each["type"].split(".")[1:3]
            self.consumer.take(f"touchpoint/v1/s/event/{family}/{name}", json.dumps(each).encode())
        return self.consumer.check_complete()

    def assert_violation(self, violations: list[str], words: str) -> None:
        self.assertEqual(len(violations), 1, violations)
        self.assertIn(words, violations[0])

    def test_a_visit_from_start_to_end_is_fine(self) -> None:
        self.assertEqual(self.take(event(1), event(2, "visit.ended")), [])
        self.assertEqual(len(self.consumer.of_type("visit.ended")), 1)

    def test_redelivery_of_the_same_bytes_is_fine_and_counted_once(self) -> None:
        self.assertEqual(self.take(event(1), event(2, "visit.ended"), event(1)), [])
        self.assertEqual((len(self.consumer.events), self.consumer.redelivered), (2, 1))

    def test_redelivery_with_other_bytes_is_not(self) -> None:
        self.assert_violation(self.take(event(1), event(1, time="later")), "other bytes")

    def test_redelivery_without_the_erased_member_is_fine(self) -> None:
        erased = event(1, recordedtime="later", data={"visit_id": VISIT, "member": None})
        self.assertEqual(self.take(event(1), erased, erased), [])

    def test_erasure_may_change_nothing_else(self) -> None:
        erased = event(1, data={"visit_id": "another", "member": None})
        self.assert_violation(self.take(event(1), erased), "other bytes")

    def test_a_gap_is_found(self) -> None:
        self.assert_violation(self.take(event(1), event(3, "visit.ended")), "1 numbers never arrived, first 2")

    def test_a_gap_that_outbox_dropped_explains_is_fine(self) -> None:
        dropped = event(
            4, "outbox.dropped", partitionkey="s", data={"class": "perishable", "reason": "expired", "ranges": [[2, 3]]}
        )
        self.assertEqual(self.take(event(1), dropped), [])

    def test_a_number_for_two_events_is_found(self) -> None:
        second = event(1, "visit.ended", visit="visit-2", id="019a0000-0000-7000-8000-aaaaaaaaaaaa")
        violations = self.take(
            event(1), event(2, visit="visit-2", data={"visit_id": "visit-2", "member": "m-2"}), second
        )
        self.assertTrue(any("sequence 1 stands for" in violation for violation in violations), violations)

    def test_disorder_in_a_partition_is_found(self) -> None:
        self.assert_violation(self.take(event(2, "visit.ended"), event(1)), "arrived after")

    def test_disorder_between_partitions_is_fine(self) -> None:
        other = event(1, visit="visit-2", data={"visit_id": "visit-2", "member": "m-2"})
        self.assertEqual(self.take(event(2), other), [])

    def test_a_new_epoch_counts_from_one_again(self) -> None:
        restarted = event(
            1,
            visit="visit-2",
            epoch=1,
            id="019a0000-0000-7000-8000-bbbbbbbbbbbb",
            data={"visit_id": "visit-2", "member": "m-2"},
        )
        self.assertEqual(self.take(event(1), restarted), [])

    def test_two_open_visits_of_a_member_are_found(self) -> None:
        self.assert_violation(self.take(event(1), event(2, visit="visit-2")), "of the same member was open")

    def test_a_visit_that_ends_twice_is_found(self) -> None:
        self.assert_violation(self.take(event(1), event(2, "visit.ended"), event(3, "visit.ended")), "ended twice")

    def test_an_end_without_a_start_is_found(self) -> None:
        self.assert_violation(self.take(event(1, "visit.ended")), "without a start")

    def test_the_wrong_topic_is_found(self) -> None:
        self.consumer.take("touchpoint/v1/s/event/visit/ended", json.dumps(event(1)).encode())
        self.assert_violation(self.consumer.check_complete(), "does not belong there")

    def test_what_is_no_event_is_named(self) -> None:
        self.consumer.take("t", b"{")
        self.consumer.take("t", json.dumps({"id": "x"}).encode())
        self.assertEqual(self.consumer.violations[0], "t: not JSON")
        self.assertIn("missing", self.consumer.violations[1])

    def test_short_numbers_and_old_identifiers_are_found(self) -> None:
        self.assert_violation(self.take(event(1, sequence="1")), "is not 20 digits")
        self.consumer = Consumer()
        self.assert_violation(self.take(event(1, id="57c7a1a4-0000-4000-8000-000000000000")), "no UUIDv7")


if __name__ == "__main__":
    unittest.main()
