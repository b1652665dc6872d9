"""An emulated store for the integration tests and the demo: radio, phones, tills, broker, central, tablet.

Everything runs on loopback, on a private D-Bus and on ports that were free a moment ago. Each module is one thing of
a real store; `gateway` is the real daemon under test. Nothing here reads the daemon's insides: only the contract.
"""
