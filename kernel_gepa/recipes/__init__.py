"""The composition root: the only place that knows everything. Who embeds the tool starts here.

wish      what was asked for                run        a run that is being made, or taken up again
plugins   backends and sandboxes by name    reading    a run as its journal has it
finals    who is measured once more
"""
