"""The composition root: the only place that knows everything. Who embeds the tool starts here.

wish      what was asked for                begin      a run is begun, or taken up again
plugins   backends and sandboxes by name    run        a run that is being made
asking    the language model of a run       proposing  who proposes in it
finals    who is measured once more         reading    a run as its journal has it
"""
