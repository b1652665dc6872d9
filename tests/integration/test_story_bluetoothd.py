"""The story on the stock bluetoothd over emulated controllers."""

import unittest
from typing import Any

from store.radio import VirtualRadio
from story_case import BOTH, LOCAL, StoryCase


class StockBluetoothd(StoryCase):
    def tell(self, *arguments: Any, **options: Any) -> None:
        super().tell(*arguments, **options, radio=VirtualRadio)

    def test_controllers_only(self) -> None:
        self.tell(LOCAL, remote=False)

    def test_controllers_and_a_remote_receiver(self) -> None:
        self.tell(BOTH, remote=False)


if __name__ == "__main__":
    unittest.main()
