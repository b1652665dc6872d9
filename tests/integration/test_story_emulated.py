"""The story on our own org.bluez: with controllers, with remote receivers only, with both, and on one shared broker."""

import unittest

from store.radio import FakeRadio
from story_case import BOTH, LOCAL, REMOTE, StoryCase


class EmulatedBluez(StoryCase):
    def test_controllers_only(self) -> None:
        self.tell(LOCAL, remote=False, radio=FakeRadio)

    def test_remote_receivers_only(self) -> None:
        self.tell(REMOTE, remote=True, radio=FakeRadio)

    def test_both_and_one_broker_for_both_links(self) -> None:
        self.tell(BOTH, remote=False, radio=FakeRadio, one_broker=True)


if __name__ == "__main__":
    unittest.main()
