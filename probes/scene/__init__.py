"""What the evidence shows, before anyone asks why: one digest that all hypotheses share.

Pure. Everything here is a reading of observations and keeps their ids, so that a claim can be
taken back to the lines that a host printed. `flows` holds what was sent and opened, `passage`
what passed and when it was dark, `scene` the paths and what hosts say of themselves.
"""

from probes.scene.flows import PayloadSweeps, PortSweep, exchanged
from probes.scene.passage import Measured, Trip, Window
from probes.scene.scene import Scene

__all__ = ["Measured", "PayloadSweeps", "PortSweep", "Scene", "Trip", "Window", "exchanged"]
